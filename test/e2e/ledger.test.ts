import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureLoad } from '../../sandbox/load/measure.js';
import { spansByService } from '../../sandbox/verdict/shape.js';
import { sandbox, shapeOf } from './requests.js';

async function measure(path: '/trace/1' | '/trace/2', count: number, headers: Record<string, string> = {}) {
  return measureLoad(
    sandbox,
    { frontUrl: sandbox.frontUrl, path, headers, concurrency: 8, rate: undefined, seconds: 60, count },
    {
      spansEach: spansByService(shapeOf(path)),
      spanLimit: Number.POSITIVE_INFINITY,
      keepUp: false,
      quietSeconds: 30,
      stopped: new AbortController().signal,
      onProgress: () => undefined,
    },
  );
}

test('each reporter counted every span of a load, Zipkin has them, and no row has a remark', async () => {
  const { statuses, ledger } = await measure('/trace/1', 200);
  assert.deepEqual(statuses, { 200: 200 });
  const each = { 'front-proxy': 2, service1: 4, service2: 2, 'service1-app': 2, 'service2-app': 1 };
  for (const [reporter, spans] of Object.entries(each)) {
    const row = ledger.rows.find((candidate) => candidate.reporter === reporter);
    const { expected, counted, stored, missing, remarks } = row ?? assert.fail(reporter);
    const all = 200 * spans;
    assert.deepEqual(
      { expected, counted, stored, missing, remarks },
      { expected: all, counted: all, stored: all, missing: 0, remarks: [] },
      reporter,
    );
  }
  assert.deepEqual([ledger.total.stored, ledger.wholeTraces, ledger.notes], [2200, 200, []]);
});

test('a load without tracing leaves no spans in the ledger', async () => {
  const { statuses, ledger } = await measure('/trace/2', 50, { 'x-b3-sampled': '0' });
  assert.deepEqual(statuses, { 200: 50 });
  assert.deepEqual(ledger.total, { stored: 0, evicted: 0, missing: 0 });
  assert.deepEqual([...new Set(ledger.rows.map(({ counted }) => counted))], [0]);
});
