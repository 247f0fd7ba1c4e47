import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import type { VerifiedTrace } from '../../sandbox/observe/judged-trace.js';
import { kindOf } from '../../sandbox/trace/span.js';
import { startZipkin } from '../observe/running-zipkin.js';
import { settings } from './settings.js';
import { missingRuntime, traced } from './traced.js';

/** Each span with its depth, and whether its id equals its parent's. */
const outlineOf = ({ verdict }: VerifiedTrace) =>
  verdict.tree.nodes.map(({ span, parent, depth }) => {
    const sharing = span.id === parent?.span.id;
    return [depth, span.localEndpoint?.serviceName, kindOf(span), span.name, { sharing, shared: span.shared }];
  });

test('a trace by OTLP through the collector equals the direct one: kinds, names, shared ids', async (t) => {
  const setting = settings.find(({ tracer }) => tracer.example === 'opentelemetry-js');
  assert.ok(setting);
  const missing = await missingRuntime({ tracer: { ...setting.tracer, runtimes: [...setting.tracer.runtimes, 'go'] } });
  if (missing) return t.skip(`${missing} is not installed`);
  await execa(join(root, 'deploy/otlp/build'));
  const zipkin = await startZipkin();
  const collector = execa(join(root, 'deploy/otlp/start'), { env: { ZIPKIN_URL: zipkin.url }, reject: false });
  try {
    const direct = await traced(setting, zipkin.url, ['service1']);
    const set = { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
    const throughOtlp = await traced({ ...setting, set }, zipkin.url, ['service1']);
    assert.deepEqual(throughOtlp.diagnoses, []);
    assert.equal(throughOtlp.spans.length, 12);
    assert.deepEqual(outlineOf(throughOtlp), outlineOf(direct));
  } finally {
    collector.kill();
    await Promise.all([collector, zipkin.stop()]);
  }
});
