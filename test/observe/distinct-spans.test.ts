import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distinctSpans } from '../../sandbox/observe/distinct-spans.js';

const span = { traceId: 'a', id: 'b', timestamp: 1, tags: { x: 'y' } };
const other = { traceId: 'a', id: 'c' };

test('a span that was sent twice is one span', () => {
  assert.deepEqual(distinctSpans([span, { ...span }, other, span]), [span, other]);
});

test('spans that differ in anything stay: they are a fault of the reporter', () => {
  const later = { ...span, timestamp: 2 };
  const tagged = { ...span, tags: { x: 'z' } };
  assert.deepEqual(distinctSpans([span, later, tagged]), [span, later, tagged]);
});
