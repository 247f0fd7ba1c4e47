import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import type { model } from 'zipkin';
import { tracedCall } from '../../services/tracing/client-span.js';
import { createWallClock } from '../../services/tracing/clock.js';
import { injectContext } from '../../services/tracing/propagation.js';
import { createTracing } from '../../services/tracing/tracer.js';
import { type Listening, listen } from './running-app.js';

const spans: model.Span[] = [];
const reporter = { logSpan: (span: model.Span) => spans.push(span) };
const { tracer } = createTracing({ appName: 'caller', now: createWallClock(), reporter });
const traced = tracedCall(tracer, injectContext);
const call = (path: string, { headers = {}, signal = AbortSignal.timeout(5000) } = {}) =>
  traced(new URL(path, server.url), headers, signal);
let server: Listening;
let entered: IncomingHttpHeaders = {};

before(async () => {
  server = await listen((request, response) => {
    entered = request.headers;
    if (request.url === '/hang') return;
    response.writeHead(Number(request.url?.slice(1, 4)) || 200, { location: '/else' }).end();
  });
});
after(() => server.close());
beforeEach(() => {
  spans.length = 0;
});

test("given headers arrive, together with the span's B3; the query string is not in the span", async () => {
  assert.equal(await call('/200/items?token=secret', { headers: { 'x-request-id': 'r' } }), 200);
  assert.equal(spans.length, 1);
  assert.deepEqual([spans[0]?.kind, spans[0]?.name], ['CLIENT', 'get /200/items']);
  assert.deepEqual(spans[0]?.tags, { 'http.path': '/200/items', 'http.status_code': '200' });
  assert.equal(entered['x-request-id'], 'r');
  assert.deepEqual([entered['x-b3-traceid'], entered['x-b3-spanid']], [spans[0]?.traceId, spans[0]?.id]);
  assert.equal(entered['x-b3-sampled'], '1');
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
    assert.equal(await call(`/${status}`), status);
    assert.deepEqual([spans[0]?.tags['http.status_code'], spans[0]?.tags.error], [String(status), error]);
  });
}

test('a call is a child of the span around it, and the span around it is current again afterwards', async () => {
  const parent = tracer.createRootId();
  await tracer.letId(parent, async () => {
    await Promise.all([call('/200'), call('/201')]);
    assert.equal(tracer.id, parent);
    await assert.rejects(call('/hang', { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
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
  const rejected = assert.rejects(call('/hang', { signal: abort.signal }), /given up/);
  abort.abort(new Error('given up'));
  await rejected;
  assert.equal(spans[0]?.tags.error, 'Error: given up');
});

test('a call whose signal was aborted before rejects likewise', async () => {
  const signal = AbortSignal.abort(new Error('too late'));
  await assert.rejects(call('/200', { signal }), /too late/);
  assert.equal(spans[0]?.tags.error, 'Error: too late');
});
