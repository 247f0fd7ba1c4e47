import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureLoad } from '../../sandbox/load/measure.js';
import { spansByService } from '../../sandbox/observe/shape-counts.js';
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

test('the ledger of a load adds up to the last span, for every reporter', async () => {
  const { statuses, ledger } = await measure('/trace/1', 200);
  assert.deepEqual(statuses, { 200: 200 });
  const each = { 'front-proxy': 2, service1: 4, service2: 2, 'service1-app': 2, 'service2-app': 1 };
  for (const [reporter, spans] of Object.entries(each)) {
    const row = ledger.rows.find((candidate) => candidate.reporter === reporter);
    const { recorded, sent, accepted, stored, missing } = row ?? {};
    const all = 200 * spans;
    assert.deepEqual(
      { recorded, sent, accepted, stored, missing },
      { recorded: all, sent: all, accepted: all, stored: all, missing: 0 },
      reporter,
    );
  }
  assert.deepEqual([ledger.total.stored, ledger.wholeTraces, ledger.notes], [2200, 200, []]);
});

test('a load that is not to be traced leaves nothing to account for', async () => {
  const { statuses, ledger } = await measure('/trace/2', 50, { 'x-b3-sampled': '0' });
  assert.deepEqual(statuses, { 200: 50 });
  const nothing = { recorded: 0, sent: 0, accepted: 0, stored: 0, evicted: 0, missing: 0 };
  assert.deepEqual(ledger.total, nothing);
});
