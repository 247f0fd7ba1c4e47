import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latencies, median } from '../../sandbox/load/latency.js';
import { decisionIn } from '../../sandbox/load/load-plan.js';

const ids = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';
const decisions: readonly [headers: Record<string, string>, decision: string][] = [
  [{}, 'none'],
  [{ b3: '0' }, 'deny'],
  [{ b3: 'd' }, 'accept'],
  [{ b3: ids }, 'none'],
  [{ b3: `${ids}-0` }, 'deny'],
  [{ b3: `${ids}-1-05e3ac9a4f6e3b90` }, 'accept'],
  [{ 'x-b3-sampled': '0' }, 'deny'],
  [{ 'x-b3-sampled': 'true' }, 'accept'],
  [{ 'x-b3-flags': '1', 'x-b3-sampled': '0' }, 'accept'],
  [{ traceparent: `00-${ids}-00` }, 'deny'],
  [{ traceparent: `00-${ids}-03` }, 'accept'],
  [{ traceparent: `00-${ids}-00`, 'x-b3-sampled': '1' }, 'accept'],
];

for (const [headers, decision] of decisions) {
  test(`${JSON.stringify(headers)} brings the decision: ${decision}`, () => {
    assert.equal(decisionIn(headers), decision);
  });
}

test('percentiles have three digits; without values they are zero', () => {
  const latencies = new Latencies();
  assert.deepEqual(latencies.summary(), { p50: 0, p90: 0, p99: 0, max: 0 });
  for (let milliseconds = 100; milliseconds > 0; milliseconds--) latencies.add(milliseconds);
  const rounded = Object.entries(latencies.summary()).map(([name, value]) => [name, Math.round(value)]);
  assert.deepEqual(Object.fromEntries(rounded), { p50: 50, p90: 90, p99: 99, max: 100 });
});

test('the median of an even number of values is the mean of the middle two', () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 3, 2]), median([])], [2, 2.5, 0]);
});
