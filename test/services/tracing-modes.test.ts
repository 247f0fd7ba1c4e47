import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { listen } from '../listening.js';
import { send, startApp } from './running-app.js';

const context = {
  'x-b3-traceid': '463ac35c9f6413ad48485a3953bb6124',
  'x-b3-spanid': 'a2fb4a1d1a96d312',
  'x-b3-sampled': '1',
  'x-request-id': '2a6cc5ac-4a56-4ec7-9f0c-5a3cc7a1b9d1',
};

const cases = [
  { mode: 'headers', carried: context },
  { mode: 'off', carried: {} },
] as const;

for (const { mode, carried } of cases) {
  test(`with TRACING=${mode} the app makes no span and forwards ${Object.keys(carried).length} of 4 headers`, async (t) => {
    let entered: IncomingHttpHeaders = {};
    const next = await listen(t, (request, response) => {
      entered = request.headers;
      response.end('ok');
    });
    const app = await startApp(t, { TRACING: mode, NEXT_HOP_URL: `${next.url}/trace/2` });
    const { status } = await send(app.url, { path: '/trace/1', headers: context });
    const seen = Object.entries(entered).filter(([name]) => name in context);
    assert.equal(status, 200);
    assert.deepEqual(Object.fromEntries(seen), carried);
    assert.deepEqual(app.ended, []);
  });
}
