import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import { AsyncTraceContext } from '../../services/tracing/context.js';

test('outside of any scope there is no context', () => {
  assert.equal(new AsyncTraceContext<string>().getContext(), undefined);
});

test('letContext gives its context and its result, and the outer context is back afterwards', () => {
  const context = new AsyncTraceContext<string>();
  context.letContext('outer', () => {
    assert.equal(
      context.letContext('inner', () => context.getContext()),
      'inner',
    );
    assert.equal(context.getContext(), 'outer');
  });
  assert.equal(context.getContext(), undefined);
});

test('what is set in a scope does not leak out, also where the scope began without context', () => {
  const context = new AsyncTraceContext<string>();
  context.scoped(() => {
    context.setContext('a');
    context.scoped(() => context.setContext('b'));
    assert.equal(context.getContext(), 'a');
  });
  assert.equal(context.getContext(), undefined);
});

test('a scope starts with the context around it', () => {
  const context = new AsyncTraceContext<string>();
  context.letContext('a', () => context.scoped(() => assert.equal(context.getContext(), 'a')));
});

test('a throw passes through and restores the context', () => {
  const context = new AsyncTraceContext<string>();
  assert.throws(
    () =>
      context.letContext('a', () => {
        throw new Error('boom');
      }),
    /boom/,
  );
  assert.equal(context.getContext(), undefined);
});

test('the context is kept across await, timers, immediates, ticks and microtasks', async () => {
  const context = new AsyncTraceContext<string>();
  await context.letContext('a', async () => {
    await null;
    assert.equal(context.getContext(), 'a');
    await delay(1);
    assert.equal(context.getContext(), 'a');
    await immediate();
    assert.equal(context.getContext(), 'a');
    const seen = await Promise.all([
      new Promise((resolve) => setTimeout(() => resolve(context.getContext()), 1)),
      new Promise((resolve) => process.nextTick(() => resolve(context.getContext()))),
      new Promise((resolve) => queueMicrotask(() => resolve(context.getContext()))),
    ]);
    assert.deepEqual(seen, ['a', 'a', 'a']);
  });
  assert.equal(context.getContext(), undefined);
});

test('the context is kept where a rejected call is handled', async () => {
  const context = new AsyncTraceContext<string>();
  await context.letContext('a', async () => {
    const rejects = async (): Promise<void> => {
      context.setContext('callee');
      await delay(1);
      throw new Error('boom');
    };
    await assert.rejects(context.scoped(rejects), /boom/);
    assert.equal(context.getContext(), 'a');
    await context
      .scoped(rejects)
      .catch(() => assert.equal(context.getContext(), 'a'))
      .finally(() => assert.equal(context.getContext(), 'a'));
  });
});

test('200 interleaved calls each see only their own context', async () => {
  const context = new AsyncTraceContext<number>();
  const call = (id: number): Promise<void> =>
    context.letContext(id, async () => {
      for (let step = 0; step < 5; step++) {
        await (step % 2 === 0 ? delay((id * 7 + step) % 5) : immediate());
        assert.equal(context.getContext(), id);
      }
    });
  await Promise.all(Array.from({ length: 200 }, (_, id) => call(id)));
});

test('two calls started in one scope that each set their own context do not see each other’s', async () => {
  const context = new AsyncTraceContext<string>();
  await context.scoped(async () => {
    const call = async (own: string): Promise<void> => {
      context.setContext(own);
      await delay(2);
      assert.equal(context.getContext(), own);
    };
    await Promise.all([call('a'), call('b')]);
  });
});
