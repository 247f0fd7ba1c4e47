import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { Headers as NodeFetchHeaders } from 'node-fetch';
import { BatchRecorder, type model } from 'zipkin';
import { type CallOptions, CallTimeout, createHttpClient } from '../../services/http-client.js';
import { createTracer } from '../../services/tracing.js';
import { type Listening, listen } from './running-app.js';

const spans: model.Span[] = [];
const tracer = createTracer('caller', new BatchRecorder({ logger: { logSpan: (span) => spans.push(span) } }));
const call = createHttpClient(tracer);
let server: Listening;
let entered: IncomingHttpHeaders = {};

before(async () => {
  server = await listen((request, response) => {
    entered = request.headers;
    if (request.url === '/hang') return;
    response.writeHead(Number(request.url?.slice(1, 4)) || 200, { location: '/else' });
    request.pipe(response);
  });
});
after(() => server.close());
beforeEach(() => {
  spans.length = 0;
});

const HEADERS: readonly [what: string, headers: NonNullable<CallOptions['headers']>][] = [
  ['a record', { 'X-Request-Id': 'r' }],
  ['a Headers instance of Node', new Headers({ 'X-Request-Id': 'r' })],
  ['a Headers instance of node-fetch', new NodeFetchHeaders({ 'X-Request-Id': 'r' })],
  ['pairs', [['x-request-id', 'r']]],
  ['a Map', new Map([['x-request-id', 'r']])],
];
for (const [what, headers] of HEADERS) {
  test(`headers given as ${what} arrive, together with the span's B3`, async () => {
    await call(`${server.url}/200`, { headers, timeoutMs: 1000 });
    assert.equal(entered['x-request-id'], 'r');
    assert.deepEqual([entered['x-b3-traceid'], entered['x-b3-spanid']], [spans[0]?.traceId, spans[0]?.id]);
    assert.equal(entered['x-b3-sampled'], '1');
  });
}

for (const [what, url] of [
  ['a string', (path: string) => `${server.url}${path}`],
  ['a URL', (path: string) => new URL(path, server.url)],
] as const) {
  test(`${what} as address: one CLIENT span without the query string`, async () => {
    const answer = await call(url('/200/items?token=secret'), { timeoutMs: 1000 });
    assert.equal(answer.status, 200);
    assert.equal(spans.length, 1);
    assert.deepEqual([spans[0]?.kind, spans[0]?.name], ['CLIENT', 'get /200/items']);
    assert.deepEqual(spans[0]?.tags, { 'http.path': '/200/items', 'http.status_code': '200' });
  });
}

test('POST sends its body and gives the answer whole', async () => {
  const answer = await call(`${server.url}/200`, { method: 'POST', body: 'text', timeoutMs: 1000 });
  assert.equal(answer.body, 'text');
  assert.equal(spans[0]?.name, 'post /200');
});

const STATUSES: readonly [status: number, error: string | undefined][] = [
  [200, undefined],
  [204, undefined],
  [302, undefined],
  [307, undefined],
  [400, '400'],
  [404, '404'],
  [500, '500'],
  [503, '503'],
];
for (const [status, error] of STATUSES) {
  test(`${status} is handed back${error === undefined ? '' : ', with the error tag'}`, async () => {
    assert.equal((await call(`${server.url}/${status}`, { timeoutMs: 1000 })).status, status);
    assert.deepEqual([spans[0]?.tags['http.status_code'], spans[0]?.tags.error], [String(status), error]);
  });
}

test('a call is a child of the span around it, and the span around it is current again afterwards', async () => {
  const parent = tracer.createRootId();
  await tracer.letId(parent, async () => {
    await Promise.all([call(`${server.url}/200`, { timeoutMs: 1000 }), call(`${server.url}/201`, { timeoutMs: 1000 })]);
    assert.equal(tracer.id, parent);
    await assert.rejects(call(`${server.url}/hang`, { timeoutMs: 50 }), CallTimeout);
    assert.equal(tracer.id, parent);
  });
  assert.deepEqual(
    spans.map(({ traceId, parentId }) => [traceId, parentId]),
    Array.from({ length: 3 }, () => [parent.traceId, parent.spanId]),
  );
  assert.equal(new Set(spans.map(({ id }) => id)).size, 3);
});

test('an aborted call rejects with the reason, and its span carries it', async () => {
  const abort = new AbortController();
  const rejected = assert.rejects(call(`${server.url}/hang`, { timeoutMs: 5000, signal: abort.signal }), /given up/);
  abort.abort(new Error('given up'));
  await rejected;
  assert.equal(spans[0]?.tags.error, 'Error: given up');
});

test('a call whose signal was aborted before rejects likewise', async () => {
  const signal = AbortSignal.abort(new Error('too late'));
  await assert.rejects(call(`${server.url}/200`, { timeoutMs: 1000, signal }), /too late/);
  assert.equal(spans[0]?.tags.error, 'Error: too late');
});

test('a wrong address rejects without a span', async () => {
  await assert.rejects(call('not a url', { timeoutMs: 1000 }), /Invalid URL/);
  assert.deepEqual(spans, []);
});
