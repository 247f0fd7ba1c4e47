import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { freePorts } from '../../sandbox/topology/ports.js';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';

test('a wait gives the result of the first successful attempt', async () => {
  let attempts = 0;
  const value = await waitFor(
    'the third attempt',
    async () => {
      attempts += 1;
      if (attempts < 3) throw new Error('too early');
      return attempts;
    },
    { seconds: 5, everyMs: 1 },
  );
  assert.equal(value, 3);
});

test('a wait that fails names the thing, the time and the last failure', async () => {
  const attempt = async () => {
    throw new Error('HTTP 503');
  };
  await assert.rejects(waitFor('zipkin', attempt, { seconds: 0.2, everyMs: 10 }), {
    message: 'zipkin: timed out after 0.2 s; last seen: HTTP 503',
  });
});

test('an aborted wait rejects with the reason', async () => {
  const controller = new AbortController();
  const attempt = async () => {
    controller.abort(new Error('stopped by the user'));
    throw new Error('not yet');
  };
  await assert.rejects(waitFor('anything', attempt, { seconds: 5, signal: controller.signal }), /stopped by the user/);
});

test('no answer is an error with the address and the cause', async () => {
  const [port] = await freePorts(1);
  const says = new RegExp(`127.0.0.1:${port}/ready: .*ECONNREFUSED`);
  await assert.rejects(fetchText(`http://127.0.0.1:${port}/ready`), says);
});

for (const status of [200, 503]) {
  test(`an answer of ${status}: ${status === 200 ? 'its body' : 'an error'}`, async (t) => {
    const server = createServer((_, response) => response.writeHead(status).end('LIVE\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ready`;
    if (status === 200) assert.equal(await fetchText(url), 'LIVE\n');
    else await assert.rejects(fetchText(url), { message: `${url}: HTTP 503` });
  });
}
