import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { model } from 'zipkin';
import { createWallClock } from '../../services/tracing/clock.js';
import { createTracing } from '../../services/tracing/tracer.js';

for (const [podName, tags] of [
  ['service1-7d4b9c-x2x5z', { node_id: 'service1-7d4b9c-x2x5z' }],
  [undefined, {}],
] as const) {
  test(`with the pod's name ${podName} a span has the tags ${JSON.stringify(tags)}`, () => {
    const spans: model.Span[] = [];
    const reporter = { logSpan: (span: model.Span) => spans.push(span) };
    const { tracer } = createTracing({ appName: 'service1-app', podName, now: createWallClock(), reporter });
    tracer.local('work', () => undefined);
    assert.deepEqual(
      spans.map((span) => ({ ...span.tags })),
      [tags],
    );
  });
}
