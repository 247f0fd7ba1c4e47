import assert from 'node:assert/strict';
import { request as httpRequest, type OutgoingHttpHeaders, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { listen } from '../listening.js';
import { until } from '../watched.js';
import { send, startApp } from './running-app.js';

/** A next hop that sends a head with `headers` and half of a body, and then closes the connection. */
const breaksOff =
  (headers: OutgoingHttpHeaders): RequestListener =>
  ({ socket }, response) => {
    response.writeHead(200, headers).write('half');
    setTimeout(() => socket.destroy(), 20);
  };

const FAILURES: readonly [what: string, nextHop: RequestListener, status: number, body: RegExp, error: RegExp][] = [
  ['answers 500', (_, response) => response.writeHead(500).end('<b>'), 502, /answered 500/, /^500$/],
  ['answers 504', (_, response) => response.writeHead(504).end(), 504, /answered 504/, /^504$/],
  ['closes without an answer', ({ socket }) => socket.destroy(), 502, /no valid answer/, /FetchError/],
  ['breaks off its chunked body', breaksOff({}), 502, /no valid answer/, /FetchError.*Premature close/],
  // node-fetch 2 does not notice.
  ['breaks off before its content-length', breaksOff({ 'content-length': 100 }), 504, /in time/, /TimeoutError/],
  ['never answers', () => undefined, 504, /did not answer in time/, /TimeoutError/],
  [
    'sends too long a body',
    (_, response) => response.end('x'.repeat(2 ** 21)),
    502,
    /no valid answer/,
    /max-size|over limit/,
  ],
];

for (const [what, nextHop, status, body, error] of FAILURES) {
  test(`a next hop that ${what}: ${status}, and both spans have the error`, async (t) => {
    const hop = await listen(t, nextHop);
    const app = await startApp(t, {
      NEXT_HOP_URL: `${hop.url}/trace/2`,
      NEXT_HOP_TIMEOUT_MS: error.source.includes('Timeout') ? '300' : '20000',
    });
    const seen = await send(`${app.url}/trace/1`);
    assert.equal(seen.status, status);
    assert.match(seen.body, body);
    assert.match(seen.body, /^[^\n<]+\n$/);
    const [client, server] = await app.spans(2);
    assert.equal(client?.kind, 'CLIENT');
    assert.match(client?.tags.error ?? '', error);
    assert.deepEqual([server?.tags['http.status_code'], server?.tags.error], [String(status), String(status)]);
    assert.equal(client?.parentId, server?.id);
  });
}

test('a redirect is not followed: one request, one CLIENT span, 502', async (t) => {
  const paths: (string | undefined)[] = [];
  const hop = await listen(t, (request, response) => {
    paths.push(request.url);
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  const app = await startApp(t, { NEXT_HOP_URL: `${hop.url}/trace/2` });
  const seen = await send(`${app.url}/trace/1`);
  assert.deepEqual([seen.status, seen.body], [502, 'the next service answered 302\n']);
  const [client, server] = await app.spans(2);
  assert.deepEqual([client?.tags['http.status_code'], client?.tags.error], ['302', undefined]);
  assert.equal(server?.tags.error, '502');
  assert.deepEqual(paths, ['/trace/2']);
});

const answering =
  (status: number): RequestListener =>
  (_, response) =>
    response.writeHead(status).end();
const SIDE_BY_SIDE: readonly [hops: readonly RequestListener[], status: number][] = [
  [[answering(200), answering(200)], 200],
  [[answering(200), answering(500)], 502],
  [[answering(500), answering(504)], 504],
  [[answering(500), () => undefined], 504],
];
for (const [index, [listeners, status]] of SIDE_BY_SIDE.entries()) {
  test(`two next hops, case ${index + 1}: ${status}, a CLIENT span for each`, async (t) => {
    const hops = await Promise.all(listeners.map((listener) => listen(t, listener)));
    const urls = hops.map(({ url }, hop) => `${url}/trace/${hop + 2}`);
    const app = await startApp(t, {
      NEXT_HOP_URL: urls.join(' '),
      NEXT_HOP_TIMEOUT_MS: index === 3 ? '300' : '20000',
    });
    assert.equal((await send(`${app.url}/trace/1`)).status, status);
    const spans = await app.spans(3);
    const server = spans.find(({ kind }) => kind === 'SERVER');
    const clients = spans.filter(({ kind }) => kind === 'CLIENT');
    assert.deepEqual(clients.map(({ name }) => name).toSorted(), ['get /trace/2', 'get /trace/3']);
    assert.deepEqual(
      clients.map(({ parentId }) => parentId),
      [server?.id, server?.id],
    );
  });
}

test('two next hops are called in parallel: neither waits for the other', async (t) => {
  const came: (() => void)[] = [];
  const hop = await listen(t, (_, response) => {
    came.push(() => response.end());
    if (came.length === 2) for (const answer of came) answer();
  });
  const app = await startApp(t, { NEXT_HOP_URL: `${hop.url}/trace/2 ${hop.url}/trace/3` });
  assert.equal((await send(`${app.url}/trace/1`)).status, 200);
});

test('a client disconnects: its span ends with the error, and the call to the next hop is aborted', async (t) => {
  let came = false;
  let gone = false;
  const hop = await listen(t, (request) => {
    came = true;
    request.socket.once('close', () => {
      gone = true;
    });
  });
  const app = await startApp(t, { NEXT_HOP_URL: `${hop.url}/trace/2` });

  const request = httpRequest(`${app.url}/trace/1`);
  request.on('error', () => undefined);
  request.end();
  await until('the call to the next hop', () => came);
  request.destroy();

  const spans = await app.spans(2);
  const server = spans.find(({ kind }) => kind === 'SERVER');
  const client = spans.find(({ kind }) => kind === 'CLIENT');
  assert.deepEqual(server?.tags, { 'http.path': '/trace/1', 'http.status_code': '499', error: '499' });
  assert.deepEqual(
    server?.annotations.map(({ value }) => value),
    ['client disconnected'],
  );
  assert.match(client?.tags.error ?? '', /client disconnected/);
  await until('the end of the call to the next hop', () => gone);
  assert.deepEqual(app.lines, []);
  assert.equal((await send(`${app.url}/health`)).status, 200);
});

test('a half-closed client still gets its answer', async (t) => {
  const app = await startApp(t);
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.end('GET /trace/1 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  assert.match(text, /^HTTP\/1.1 200 OK/);
});
