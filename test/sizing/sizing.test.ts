import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Measured } from '../../sandbox/sizing/measured.js';
import { type Demand, samplingFor, sizeOf, usual } from '../../sandbox/sizing/sizing.js';

/** Round figures, so that what comes of them can be worked out in the head. */
const measured: Measured = {
  machine: '2 cores',
  date: '2026-01-01',
  spansPerRequest: 10,
  requestsPerSecond: 40,
  front: { untraced: 100, traced: 300 },
  sidecar: { untraced: 100, traced: 300 },
  callingApp: { untraced: 200, traced: 1000 },
  answeringApp: { untraced: 100, traced: 400 },
  zipkin: 60,
  cassandra: 100,
  bytesPerSpan: { sent: 500, stored: 1000 },
};
const demand: Demand = { ...usual, busy: 0.5, requestsPerSecond: 1000, sampling: 1 };

test('all traced: each part gets the cores that its measured cost asks for', () => {
  const { tracesPerSecond, spansPerSecond, sentBytesPerSecond, fronts, service1, service2, zipkins } = sizeOf(
    measured,
    demand,
  );
  assert.deepEqual(
    { tracesPerSecond, spansPerSecond, sentBytesPerSecond },
    { tracesPerSecond: 1000, spansPerSecond: 10_000, sentBytesPerSecond: 5_000_000 },
  );
  // 1,000 × 300 µs is 0.3 of a core, which may be half busy.
  assert.deepEqual({ fronts, service1, service2, zipkins }, { fronts: 1, service1: 2, service2: 1, zipkins: 2 });
});

test('a tenth traced: a tenth of the spans, and between the costs of traced and untraced', () => {
  const sizing = sizeOf(measured, { ...demand, requestsPerSecond: 10_000, sampling: 0.1 });
  assert.equal(sizing.spansPerSecond, 10_000);
  assert.equal(sizing.fronts, Math.ceil((10_000 * 120) / 1e6 / 0.5));
  // The app of service1 needs 280 µs, its sidecar twice 120.
  assert.equal(sizing.service1, Math.ceil((10_000 * 280) / 1e6 / 0.5));
});

test('Cassandra is as many nodes as copies, disks or processors need, whichever is most', () => {
  const few = sizeOf(measured, { ...demand, requestsPerSecond: 1, days: 1 });
  assert.deepEqual([few.cassandra.nodes, few.cassandra.boundBy], [3, 'copies']);
  const long = sizeOf(measured, { ...demand, days: 70 });
  assert.equal(long.cassandra.bytes, 10_000 * 70 * 86_400 * 1000 * 3);
  assert.deepEqual([long.cassandra.nodes, long.cassandra.boundBy], [Math.ceil(long.cassandra.bytes / 5e11), 'disk']);
  const short = sizeOf(measured, { ...demand, requestsPerSecond: 100_000, days: 0.1 });
  assert.deepEqual([short.cassandra.nodes, short.cassandra.boundBy], [75, 'processor']);
});

test('many reporters: collectors', () => {
  assert.equal(sizeOf(measured, demand).reporting, 'direct');
  assert.equal(sizeOf(measured, { ...demand, requestsPerSecond: 1e6 }).reporting, 'collectors');
});

for (const nodes of [3, 6, 24, 1000]) {
  test(`the sampling found for ${nodes} nodes fits into them, and no larger one does`, () => {
    const busy = { ...usual, requestsPerSecond: 1e5 };
    const sampling = samplingFor(measured, busy, nodes);
    assert.ok(sampling > 0 && sampling < 1);
    assert.ok(sizeOf(measured, { ...busy, sampling }).cassandra.nodes <= nodes);
    assert.ok(sizeOf(measured, { ...busy, sampling: sampling + 0.0001 }).cassandra.nodes > nodes);
  });
}

test('a store with room for all takes all; one with fewer nodes than copies takes none', () => {
  assert.equal(samplingFor(measured, { ...usual, requestsPerSecond: 1 }, 3), 1);
  assert.equal(samplingFor(measured, { ...usual, requestsPerSecond: 1 }, 2), 0);
});

const wrong: readonly (readonly [Partial<Demand>, RegExp])[] = [
  [{ requestsPerSecond: 0 }, /requestsPerSecond/],
  [{ requestsPerSecond: Number.POSITIVE_INFINITY }, /requestsPerSecond/],
  [{ sampling: 0 }, /sampling/],
  [{ sampling: 1.1 }, /sampling/],
  [{ busy: 1 }, /busy/],
  [{ days: 0 }, /days/],
  [{ copies: 0 }, /copies/],
];
for (const [part, says] of wrong) {
  test(`no demand: ${JSON.stringify(part)}`, () => {
    assert.throws(() => sizeOf(measured, { ...demand, ...part }), says);
  });
}
