import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import type { VerifiedTrace } from '../../sandbox/observe/judged-trace.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { kindOf, type Span, serviceOf } from '../../sandbox/trace/span.js';

import { startZipkin } from '../observe/running-zipkin.js';
import { settings } from './settings.js';
import { buildExample, missingRuntime, traced } from './traced.js';

/** A span's identity, sorted by id. */
const outlineOf = (spans: readonly Span[]) =>
  spans
    .map((span) => [span.id, span.parentId, kindOf(span), span.name, serviceOf(span), span.timestamp, span.duration])
    .sort();

test('the same spans, sent directly and by OTLP through the collector: ids, parents, kinds, names, times', async (t) => {
  const setting = settings.find(({ tracer }) => tracer.example === 'opentelemetry-js');
  assert.ok(setting);
  const missing = await missingRuntime({ tracer: { ...setting.tracer, runtimes: [...setting.tracer.runtimes, 'go'] } });
  if (missing) return t.skip(`${missing} is not installed`);
  await execa(join(root, 'deploy/otlp/build'));
  await buildExample(setting);
  const [zipkin, ofCollector] = await Promise.all([startZipkin(), startZipkin()]);
  const collector = execa(join(root, 'deploy/otlp/start'), { env: { ZIPKIN_URL: ofCollector.url }, reject: false });
  try {
    await waitFor('the collector', () => fetch('http://127.0.0.1:4318'), { seconds: 30 });
    const set = { OTEL_TRACES_EXPORTER: 'zipkin,otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
    const ofApp = (all: readonly Span[]) => all.filter((span) => serviceOf(span) === 'service1-app');
    const untilBothCame = async ({ traceId, spans: direct }: VerifiedTrace) => {
      const arrived = async () =>
        assert.deepEqual(outlineOf(await new ZipkinClient(ofCollector.url).trace(traceId)), outlineOf(ofApp(direct)));
      // The app sends the two reports one after the other. The collector waits some seconds before it sends one again.
      await waitFor('the spans by OTLP', arrived, { seconds: 60, everyMs: 200 });
    };
    const { diagnoses, spans } = await traced({ ...setting, set }, zipkin.url, ['service1'], untilBothCame);
    assert.deepEqual(diagnoses, []);
    const direct = ofApp(spans);
    assert.equal(direct.length, 3);
    const onTheWire = spans.filter((span) => span.name?.startsWith('egress') && span.kind === 'SERVER');
    const client = direct.find(({ kind }) => kind === 'CLIENT');
    assert.deepEqual(
      onTheWire.map(({ id }) => id),
      [client?.id],
    );
  } finally {
    collector.kill();
    await Promise.all([collector, zipkin.stop(), ofCollector.stop()]);
  }
});
