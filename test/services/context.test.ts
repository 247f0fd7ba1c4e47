import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AsyncTraceContext } from '../../services/tracing/context.js';

test('parallel calls each set and see their own context, and their caller keeps its own, also if they reject', async () => {
  const context = new AsyncTraceContext<string>();
  const call = (own: string): Promise<void> =>
    context.scoped(async () => {
      context.setContext(own);
      for (let step = 0; step < 5; step++) {
        await delay((own.length * 7 + step) % 5);
        assert.equal(context.getContext(), own);
      }
      if (own.length % 2 === 0) throw new Error(own);
    });
  await context.letContext('caller', async () => {
    const calls = Array.from({ length: 200 }, (_, length) => 'x'.repeat(length));
    const ended = await Promise.allSettled(calls.map(call));
    assert.equal(ended.filter(({ status }) => status === 'rejected').length, 100);
    assert.equal(context.getContext(), 'caller');
  });
});
