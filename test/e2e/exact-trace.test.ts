import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fetchText } from '../../sandbox/topology/wait.js';
import { labelOf, requestIdTag, type Span } from '../../sandbox/trace/span.js';
import { buildTree } from '../../sandbox/trace/tree.js';
import { matchShape } from '../../sandbox/verdict/match-shape.js';
import { exactTraces, sendMany } from '../deploy/exact-traces.js';
import { request, sandbox, shapeOf, spansOf, tracedRequest, zipkin } from './requests.js';

/**
 * Envoy ends a CLIENT span about 0.1 ms after the SERVER span around it. Node records the end of its answer 0.3 ms
 * after Envoy has it, and later on a busy machine. Microseconds.
 */
const tolerance = 50_000;

const ends = (span: Span) => (span.timestamp ?? 0) + (span.duration ?? 0);

before(async () => {
  await tracedRequest('/trace/1', shapeOf('/trace/1'));
});

for (const [path, count] of [
  ['/trace/1', 11],
  ['/trace/2', 5],
] as const) {
  test(`GET ${path}: exactly the ${count} spans of its shape, each within its parent's time, with path, status and request id`, async () => {
    const shape = shapeOf(path);
    const { answer, spans } = await tracedRequest(path, shape);
    assert.equal(answer.status, 200);
    assert.equal(spans.length, count);
    const tree = buildTree(spans);
    assert.deepEqual(matchShape(shape, tree).findings, []);
    for (const { span, parent } of tree.nodes) {
      assert.equal(span.traceId, answer.traceId);
      if (!parent) continue;
      const label = `${labelOf(span)} within ${labelOf(parent.span)}`;
      assert.ok((span.timestamp ?? 0) >= (parent.span.timestamp ?? 0) - tolerance, label);
      assert.ok(ends(span) <= ends(parent.span) + tolerance, label);
    }
    const requestIds = new Set(spans.map(({ tags }) => tags?.[requestIdTag]).filter(Boolean));
    assert.deepEqual([...requestIds], [answer.headers.get('x-request-id')]);
    for (const span of spans) {
      const tags = span.tags ?? {};
      const label = `${labelOf(span)} ${span.name}`;
      assert.equal(tags['http.status_code'], '200', label);
      assert.equal(tags.error, undefined, label);
      assert.match(span.name ?? '', /\bget \/trace\/[12]\b/, label);
      if (tags.upstream_address) continue; // Envoy tags an attempt with its upstream instead
      assert.match(tags['http.path'] ?? new URL(tags['http.url'] ?? '').pathname, /^\/trace\/[12]$/, label);
    }
  });
}

test('GET /trace/1: the answer of the contract', async () => {
  const { status, headers, body, traceId } = await request('/trace/1');
  assert.equal(status, 200);
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(
    body,
    /^Hello from behind Envoy \(service 1\)! hostname: \S+ resolvedhostname: (\d{1,3}\.){3}\d{1,3}\n$/,
  );
  assert.equal(headers.get('server'), 'envoy');
  assert.match(headers.get('x-envoy-upstream-service-time') ?? '', /^\d+$/);
  assert.match(traceId, /^[0-9a-f]{32}$/);
  assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(headers.get('x-powered-by'), null);
});

test('an unknown route: 404, and the answer contains no part of the request', async () => {
  for (const path of ['/', '/trace/3', '/trace/1/', '/trace/%3Cscript%3E?x=%3Cb%3E']) {
    const { status, body } = await request(path);
    assert.equal(status, 404, path);
    assert.equal(body, 'No such route here. Try /trace/1 or /trace/2.\n', path);
  }
});

test("span names come from the configuration, never from the client's Host header or query", async () => {
  const response = await request('/trace/1?secret=1', { headers: { 'x-forwarded-host': 'evil.example' } });
  const spans = await spansOf(response.traceId, 11);
  assert.deepEqual([...new Set(spans.map(({ name }) => name))].sort(), [
    'egress get /trace/2',
    'egress get /trace/2 to service2',
    'get /trace/1',
    'get /trace/1 to service1',
    'get /trace/2',
    'ingress get /trace/1',
    'ingress get /trace/1 to app',
    'ingress get /trace/2',
    'ingress get /trace/2 to app',
  ]);
});

test('300 requests, 32 in parallel: 300 traces of exactly eleven spans, each dependency link 300 times', async () => {
  const since = Date.now();
  await exactTraces(zipkin, await sendMany(sandbox.frontUrl, 300, 32));
  const lookback = `endTs=${Date.now()}&lookback=${Date.now() - since}`;
  const links: { readonly parent: string; readonly child: string; readonly callCount: number }[] = JSON.parse(
    await fetchText(`${sandbox.zipkinUrl}/api/v2/dependencies?${lookback}`),
  );
  assert.deepEqual(links.map(({ parent, child, callCount }) => `${parent} → ${child}: ${callCount}`).sort(), [
    'front-proxy → service1: 300',
    'service1 → service1-app: 300',
    'service1 → service2: 300',
    'service1-app → service1: 300',
    'service2 → service2-app: 300',
  ]);
});

test(`the health checks of a ${sandbox.mode} run are not traced`, async () => {
  const names = new Set<string>();
  for (const trace of await zipkin.traces({ limit: 1000, lookback: 86_400_000 })) {
    for (const { name } of trace) names.add(name ?? '');
  }
  assert.deepEqual(
    [...names].filter((name) => /health|ready/.test(name)),
    [],
  );
});
