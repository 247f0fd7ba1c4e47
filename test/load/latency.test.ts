import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latencies } from '../../sandbox/load/latency.js';

test('percentiles have three digits; they are zeros if there is no value', () => {
  const latencies = new Latencies();
  assert.deepEqual(latencies.summary(), { p50: 0, p90: 0, p99: 0, max: 0 });
  for (let milliseconds = 100; milliseconds > 0; milliseconds--) latencies.add(milliseconds);
  const rounded = Object.entries(latencies.summary()).map(([name, value]) => [name, Math.round(value)]);
  assert.deepEqual(Object.fromEntries(rounded), { p50: 50, p90: 90, p99: 99, max: 100 });
});
