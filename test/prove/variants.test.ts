import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { benchVariants, withoutTracing, withReporting } from '../../prove/bench/variants.js';
import { root } from '../../sandbox/cli/project.js';

for (const file of ['front-envoy-zipkin.yaml', 'service-envoy-zipkin.yaml']) {
  test(`${file} without tracing differs in nothing else`, async () => {
    const text = await readFile(join(root, file), 'utf8');
    const strip = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(strip);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).flatMap(([key, inner]) => (key === 'tracing' ? [] : [[key, strip(inner)]])),
      );
    };
    assert.deepEqual(parse(withoutTracing(text)), strip(parse(text)));
    assert.ok(!withoutTracing(text).includes('envoy.tracers.zipkin'));
  });

  test(`${file} takes other reporting settings, or Envoy's defaults`, async () => {
    const text = await readFile(join(root, file), 'utf8');
    const changed = withReporting(text, {
      'tracing.zipkin.min_flush_spans': 7,
      'tracing.zipkin.flush_interval_ms': undefined,
    });
    assert.match(changed, /tracing\.zipkin\.min_flush_spans: 7\n/);
    assert.ok(!changed.includes('flush_interval_ms'));
  });
}

test("the Envoys of a tutorial's set-up send JSON directly to Zipkin, after 5 spans or 5 s", async () => {
  const text = await readFile(join(root, 'service-envoy-zipkin.yaml'), 'utf8');
  const changed = benchVariants('app.js').at(-1)?.envoy(text) ?? '';
  const reporting = changed.match(
    /(collector_cluster|collector_endpoint_version|min_flush_spans|flush_interval_ms): \w+/g,
  );
  assert.deepEqual(reporting, ['collector_cluster: zipkin', 'collector_endpoint_version: HTTP_JSON']);
});
