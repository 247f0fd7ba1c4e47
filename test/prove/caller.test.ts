import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Caller } from '../../prove/faults/caller.js';
import { listen } from '../listening.js';

test('a caller keeps its rate whatever the answers are, and says how each request ended', async (t) => {
  let count = 0;
  const { url, server } = await listen(t, (request, response) => {
    const turn = count++ % 3;
    response.setHeader('x-b3-traceid', `${count}`);
    if (turn === 0) response.end('well');
    else if (turn === 1) response.writeHead(503).end();
    else request.socket.resetAndDestroy();
  });
  const caller = new Caller(url, 100);
  while (caller.attempts.length < 6) await delay(5);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const known = caller.attempts.length;
  while (caller.attempts.length < known + 3) await delay(5);
  const attempts = await caller.stop();
  assert.deepEqual(new Set(attempts.slice(0, 6).map(({ answer }) => answer)), new Set([200, 503, 'reset']));
  assert.equal(attempts.at(-1)?.answer, 'refused');
  assert.equal(attempts.find(({ answer }) => answer === 200)?.traceId, '1');
  for (const [i, { sentAt, answeredAt }] of attempts.entries()) {
    assert.ok(answeredAt >= sentAt && sentAt >= (attempts[i - 1]?.sentAt ?? 0));
  }
});
