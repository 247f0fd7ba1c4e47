import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { freePorts } from '../../sandbox/topology/ports.js';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';
import { ZipkinClient, ZipkinError } from '../../sandbox/zipkin/client.js';

test('a wait gives what the first successful attempt gave', async () => {
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

test('a wait that is over names the thing, the time and the last failure', async () => {
  const attempt = async () => {
    throw new Error('HTTP 503');
  };
  await assert.rejects(waitFor('zipkin', attempt, { seconds: 0.2, everyMs: 10 }), {
    message: 'zipkin: not so within 0.2 s; last seen: HTTP 503',
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

test('free ports are different', async () => {
  const ports = await freePorts(20);
  assert.equal(new Set(ports).size, 20);
});

test('what nobody answers is an error with the address and the cause', async () => {
  const [port] = await freePorts(1);
  await assert.rejects(
    fetchText(`http://127.0.0.1:${port}/ready`),
    new RegExp(`127.0.0.1:${port}/ready: .*ECONNREFUSED`),
  );
  const client = new ZipkinClient(`http://127.0.0.1:${port}`);
  await assert.rejects(
    client.services(),
    (error) => error instanceof ZipkinError && error.status === 0 && /is it running\?$/.test(error.message),
  );
});

test("Zipkin's errors keep their status; a trace that is not there is no error", async (t) => {
  const server = createServer((request, response) => {
    response.writeHead(request.url?.startsWith('/api/v2/trace/') ? 404 : 500).end('storage is gone');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const client = new ZipkinClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  assert.deepEqual(await client.trace('a'), []);
  await assert.rejects(
    client.services(),
    (error) => error instanceof ZipkinError && error.status === 500 && /storage is gone/.test(error.message),
  );
});
