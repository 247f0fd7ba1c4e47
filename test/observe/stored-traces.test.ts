import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoredTraces } from '../../sandbox/observe/stored-traces.js';
import type { Span } from '../../sandbox/trace/span.js';
import { spansOf } from '../trace/written-spans.js';

const shape = { front: 2, app: 1 };
const wholeTrace = (traceId: string): Span[] =>
  spansOf(`front - 1 trace=${traceId} \n front - 2 trace=${traceId} \n app - 3 trace=${traceId}`);
const final = { mayEvict: false, maySkip: false, onProgress: () => undefined };

function storeOf(...traces: Span[][]) {
  const reads: number[] = [];
  const readTraces = async (ids: readonly string[]) => {
    reads.push(ids.length);
    return traces.filter(([first]) => first && ids.includes(first.traceId));
  };
  return { reads, readTraces };
}

test('whole traces are forgotten during the load, and the others are read again at the end', async () => {
  const late = wholeTrace('b').slice(0, 1);
  const traces = new StoredTraces(storeOf(wholeTrace('a'), late).readTraces, shape);
  traces.add('a', true);
  traces.add('b', true);
  await traces.look(10);
  assert.equal(traces.unseen, 1);
  late.push(...wholeTrace('b').slice(1));
  const found = await traces.finish(final);
  assert.deepEqual(found.stored, { front: 4, app: 2 });
  assert.deepEqual([found.wholeTraces, found.incompleteTraces], [2, []]);
});

test('spans beyond the shape do not replace missing ones of another trace', async () => {
  const traces = new StoredTraces(
    storeOf([...wholeTrace('a'), ...spansOf('app - 4 trace=a')], wholeTrace('b').slice(0, 2)).readTraces,
    shape,
  );
  traces.add('a', true);
  traces.add('b', true);
  const found = await traces.finish(final);
  assert.deepEqual(found.stored, { front: 4, app: 1 });
  assert.deepEqual(found.unexpected, { app: 1 });
});

test('a trace that is gone may have been evicted, or was never sampled', async () => {
  for (const [options, evicted, incomplete] of [
    [{ ...final, mayEvict: true }, { front: 2, app: 1 }, []],
    [{ ...final, maySkip: true }, {}, []],
    [final, {}, ['a']],
  ] as const) {
    const traces = new StoredTraces(storeOf().readTraces, shape);
    traces.add('a', true);
    const found = await traces.finish(options);
    assert.deepEqual([found.evicted, found.incompleteTraces], [evicted, incomplete]);
  }
});

test('several requests may share a trace, and a failed request may leave any spans', async () => {
  const shared = [...wholeTrace('a'), ...wholeTrace('a')];
  const traces = new StoredTraces(storeOf(shared, wholeTrace('b').slice(0, 1)).readTraces, shape);
  traces.add('a', true);
  traces.add('a', true);
  traces.add('b', false);
  const found = await traces.finish(final);
  assert.deepEqual(found.stored, { front: 5, app: 2 });
  assert.deepEqual(found.unexpected, {});
});

test('a query has no more ids than fit into a request line', async () => {
  const store = storeOf();
  const traces = new StoredTraces(store.readTraces, shape);
  for (let i = 0; i < 250; i++) traces.add(i.toString(16).padStart(32, '0'), true);
  await traces.finish(final);
  assert.deepEqual(store.reads, [100, 100, 50]);
});

test('the spans of an app of the user’s own are stored, as many as come, under its own name', async () => {
  const traces = new StoredTraces(
    storeOf([...wholeTrace('a'), ...spansOf('shop - 4 trace=a')]).readTraces,
    shape,
    true,
  );
  traces.add('a', true);
  const { stored, unexpected, wholeTraces } = await traces.finish(final);
  assert.deepEqual([stored, unexpected, wholeTraces], [{ front: 2, app: 1, shop: 1 }, {}, 1]);
});
