import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pMap from 'p-map';
import type { model } from 'zipkin';
import { type Sending, send, startApp } from './running-app.js';

const TRACE = '463ac35c9f6413ad48485a3953bb6124';
const SPAN = 'a2fb4a1d1a96d312';
const PARENT = '0020000000000001';

const service2 = await startApp({ after }, { SERVICE_NAME: 'service2' });
const service1 = await startApp({ after }, { NEXT_HOP_URL: `${service2.url}/trace/2?secret=1` });
for (const { url } of [service1, service2]) await fetch(`${url}/header-log/on`, { method: 'POST' });

interface Chain {
  readonly server1: model.Span;
  readonly client1: model.Span;
  readonly server2: model.Span;
}

/** Sends one request through service1 to service2 and gives the three spans of it. */
async function chain(sending: Sending = {}): Promise<Chain> {
  const known = [service1.ended.length, service2.ended.length] as const;
  const seen = await send(`${service1.url}/trace/1`, sending);
  assert.equal(seen.status, 200);
  const [client1, server1] = (await service1.spans(known[0] + 2)).slice(known[0]);
  const [server2] = (await service2.spans(known[1] + 1)).slice(known[1]);
  assert.ok(server1 && client1 && server2);
  assert.deepEqual([server1.kind, client1.kind, server2.kind], ['SERVER', 'CLIENT', 'SERVER']);
  return { server1, client1, server2 };
}

/** The trace headers of the last request to service2. */
function enteredService2(): Record<string, string> {
  return JSON.parse(service2.lines.at(-1) ?? '{}').headers;
}

/** Start and end of a span in epoch microseconds. */
function times({ timestamp, duration }: model.Span): [start: number, end: number] {
  assert.ok(timestamp !== undefined && duration !== undefined);
  return [timestamp, timestamp + duration];
}

test('a request without context begins a trace: SERVER, its child CLIENT, and the SERVER that shares the CLIENT’s id', async () => {
  const { server1, client1, server2 } = await chain();
  assert.equal(server1.parentId, undefined);
  assert.equal(client1.parentId, server1.id);
  assert.deepEqual([server2.id, server2.parentId], [client1.id, client1.parentId]);
  assert.deepEqual([server1.shared, client1.shared, server2.shared], [false, false, true]);
  assert.equal(new Set([server1.traceId, client1.traceId, server2.traceId]).size, 1);
  assert.equal(client1.name, 'get /trace/2');
  assert.deepEqual(client1.tags, { 'http.path': '/trace/2', 'http.status_code': '200' });
  assert.equal(client1.remoteEndpoint, undefined);
  const [start1, end1] = times(server1);
  const [start, end] = times(client1);
  const [start2] = times(server2);
  assert.ok(start1 <= start && end <= end1 && start <= start2);
});

test('an accepted trace is joined', async () => {
  const { server1, client1, server2 } = await chain({
    headers: { 'X-B3-TraceId': TRACE, 'X-B3-SpanId': SPAN, 'X-B3-ParentSpanId': PARENT, 'X-B3-Sampled': '1' },
  });
  assert.deepEqual([server1.traceId, server1.id, server1.parentId, server1.shared], [TRACE, SPAN, PARENT, true]);
  assert.deepEqual([client1.traceId, client1.parentId], [TRACE, SPAN]);
  assert.deepEqual([server2.traceId, server2.id, server2.debug], [TRACE, client1.id, false]);
});

test('a deferred decision is made by the app; its span is not shared, because no other process recorded it', async () => {
  const { server1, server2 } = await chain({ headers: { 'X-B3-TraceId': TRACE, 'X-B3-SpanId': SPAN } });
  assert.deepEqual([server1.traceId, server1.id, server1.shared], [TRACE, SPAN, false]);
  assert.equal(server2.shared, true);
});

test('debug is recorded as debug and forwarded', async () => {
  const { server1, client1, server2 } = await chain({ headers: { b3: `${TRACE}-${SPAN}-d` } });
  assert.deepEqual([server1.debug, client1.debug, server2.debug], [true, true, true]);
  const entered = enteredService2();
  assert.deepEqual([entered['x-b3-flags'], entered['x-b3-sampled'], entered.b3], ['1', '1', undefined]);
});

for (const [form, headers, traceId] of [
  ['a decision with ids', { b3: `${TRACE}-${SPAN}-0` }, TRACE],
  ['a decision alone', { 'X-B3-Sampled': '0' }, undefined],
] as const) {
  test(`denied by ${form}: no span here, ids and decision reach the next hop`, async () => {
    const known = service1.ended.length + service2.ended.length;
    assert.equal((await send(`${service1.url}/trace/1`, { headers })).status, 200);
    const entered = enteredService2();
    assert.equal(entered['x-b3-sampled'], '0');
    assert.match(entered['x-b3-spanid'] ?? '', /^[0-9a-f]{16}$/);
    if (traceId === undefined) assert.match(entered['x-b3-traceid'] ?? '', /^[0-9a-f]{32}$/);
    else assert.deepEqual([entered['x-b3-traceid'], entered['x-b3-parentspanid']], [traceId, SPAN]);
    await chain();
    assert.equal(service1.ended.length + service2.ended.length, known + 3);
  });
}

test('malformed B3, also a header sent twice, is dropped: a new trace begins, and no part of the B3 is forwarded', async () => {
  for (const b3 of [
    ['X-B3-TraceId', 'zzzz', 'X-B3-SpanId', SPAN],
    ['X-B3-TraceId', TRACE, 'X-B3-TraceId', TRACE, 'X-B3-SpanId', SPAN],
  ]) {
    const { server1, server2 } = await chain({ headers: ['Host', 'h', ...b3] });
    assert.match(server1.traceId, /^[0-9a-f]{32}$/);
    assert.notEqual(server1.traceId, TRACE);
    assert.deepEqual([server1.parentId, server2.traceId], [undefined, server1.traceId]);
  }
});

test('the request id, baggage and W3C context are forwarded; other headers are not', async () => {
  const { client1 } = await chain({
    headers: {
      'X-B3-TraceId': TRACE,
      'X-B3-SpanId': SPAN,
      'X-B3-Sampled': '1',
      'X-Request-Id': 'af5d8a0f-2b9c-4d8e-a6f3-1c9b7f3d2e10',
      baggage: 'user=1',
      traceparent: `00-${TRACE}-${SPAN}-01`,
      tracestate: 'vendor=1',
      cookie: 'secret',
    },
  });
  const entered = Object.entries(enteredService2()).filter(([name]) => !name.startsWith('x-b3-'));
  assert.deepEqual(Object.fromEntries(entered), {
    'x-request-id': 'af5d8a0f-2b9c-4d8e-a6f3-1c9b7f3d2e10',
    baggage: 'user=1',
    traceparent: `00-${TRACE}-${client1.id}-01`,
    tracestate: 'vendor=1',
  });
});

test('the header log has the headers that entered, before they are checked, and those that left', async () => {
  const known = service1.lines.length;
  const { client1 } = await chain({ headers: { 'X-B3-TraceId': 'zzzz', 'X-Request-Id': 'r1' } });
  assert.deepEqual(
    service1.lines.slice(known).map((line) => JSON.parse(line)),
    [
      {
        at: 'service1-app',
        direction: 'in',
        requestId: 'r1',
        headers: { 'x-b3-traceid': 'zzzz', 'x-request-id': 'r1' },
      },
      {
        at: 'service1-app',
        direction: 'out',
        requestId: 'r1',
        headers: {
          'x-b3-traceid': client1.traceId,
          'x-b3-spanid': client1.id,
          'x-b3-parentspanid': client1.parentId,
          'x-b3-sampled': '1',
          'x-request-id': 'r1',
        },
      },
    ],
  );
});

test('200 requests, 32 at a time: every trace has its own three spans and nothing is mixed', async () => {
  const known = [service1.ended.length, service2.ended.length] as const;
  const traceIds = Array.from({ length: 200 }, (_, n) => (n + 1).toString(16).padStart(32, 'e'));
  const one = async (traceId: string): Promise<void> => {
    const headers = { 'X-B3-TraceId': traceId, 'X-B3-SpanId': traceId.slice(16), 'X-B3-Sampled': '1' };
    assert.equal((await send(`${service1.url}/trace/1`, { headers })).status, 200);
  };
  await pMap(traceIds, one, { concurrency: 32 });
  const spans1 = (await service1.spans(known[0] + 400)).slice(known[0]);
  const spans2 = (await service2.spans(known[1] + 200)).slice(known[1]);
  for (const traceId of traceIds) {
    const [client, server, ...more] = spans1.filter((span) => span.traceId === traceId);
    const [next, ...others] = spans2.filter((span) => span.traceId === traceId);
    assert.deepEqual([server?.id, client?.parentId], [traceId.slice(16), traceId.slice(16)]);
    assert.equal(next?.id, client?.id);
    assert.deepEqual([more, others], [[], []]);
  }
});
