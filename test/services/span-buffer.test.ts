import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanBuffer } from '../../services/span-buffer.js';

const ALL = Number.POSITIVE_INFINITY;

test('spans come out in the order in which they went in', () => {
  const buffer = new SpanBuffer(10, 1000);
  assert.equal(buffer.push(['a', 'b']), 0);
  assert.equal(buffer.push(['c']), 0);
  assert.equal(buffer.size, 3);
  assert.deepEqual(buffer.take(2, ALL), ['a', 'b']);
  assert.deepEqual(buffer.take(2, ALL), ['c']);
  assert.deepEqual(buffer.take(2, ALL), []);
});

const BOUNDS: readonly [what: string, maxSpans: number, maxBytes: number, pushes: string[][], kept: string[]][] = [
  [
    'beyond the most spans the oldest go',
    3,
    ALL,
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
    ['b', 'c', 'd'],
  ],
  ['beyond the most bytes the oldest go', ALL, 5, [['aa', 'bb'], ['cc']], ['bb', 'cc']],
  ['bytes are counted in UTF-8', ALL, 5, [['éé', 'x'], ['y']], ['x', 'y']],
  ['both bounds hold at once', 2, 3, [['aaa', 'b', 'cc']], ['b', 'cc']],
  ['one push larger than the bound keeps its newest', 2, ALL, [['a', 'b', 'c', 'd']], ['c', 'd']],
  ['a span larger than all bytes is not kept', ALL, 3, [['a'], ['bbbb']], []],
];

for (const [what, maxSpans, maxBytes, pushes, kept] of BOUNDS) {
  test(what, () => {
    const buffer = new SpanBuffer(maxSpans, maxBytes);
    const dropped = pushes.reduce((sum, spans) => sum + buffer.push(spans), 0);
    assert.equal(dropped, pushes.flat().length - kept.length);
    assert.deepEqual(buffer.take(ALL, ALL), kept);
  });
}

test('a batch stays within its bytes, but one span is always taken', () => {
  const buffer = new SpanBuffer(10, 1000);
  buffer.push(['aaaa', 'bb', 'c', 'd']);
  assert.deepEqual(buffer.take(ALL, 3), ['aaaa']);
  assert.deepEqual(buffer.take(ALL, 3), ['bb', 'c']);
  assert.deepEqual(buffer.take(ALL, 3), ['d']);
});

test('bytes are given back when spans are taken', () => {
  const buffer = new SpanBuffer(10, 4);
  buffer.push(['aaaa']);
  buffer.take(1, ALL);
  assert.equal(buffer.push(['bbbb']), 0);
});
