import assert from 'node:assert/strict';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { type TestContext, test } from 'node:test';
import { sendTraced, withContext } from '../../sandbox/observe/send.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { listen } from '../listening.js';

interface Came extends Pick<IncomingMessage, 'method' | 'url' | 'headers'> {
  readonly body: string;
}

/** A server that records the requests and answers with the given headers. */
async function answering(t: TestContext, answer: OutgoingHttpHeaders): Promise<{ url: URL; came: Came[] }> {
  const came: Came[] = [];
  const { url: root } = await listen(t, async (request, response) => {
    const { method, url, headers } = request;
    came.push({ method, url, headers, body: (await request.toArray()).join('') });
    response.writeHead(200, answer).end('done');
  });
  return { url: new URL(`${root}/orders`), came };
}

const [ours, other] = ['80f198ee56343ba864fe8b2a57d3eff7', '4bf92f3577b34da6a3ce929d0e0e4736'];
const context = { 'X-B3-TraceId': ours, 'X-B3-SpanId': 'e457b5a2e4d86bd1' };

const answers: readonly (readonly [
  what: string,
  sent: Record<string, string>,
  answer: OutgoingHttpHeaders,
  seen: { readonly traceId?: string; readonly others?: readonly string[]; readonly joined?: true },
])[] = [
  ['nobody names a trace', {}, {}, {}],
  ['the answer names it', {}, { 'x-b3-traceid': other }, { traceId: other }],
  ['gateway and service both name it', {}, { 'x-b3-traceid': [other, other] }, { traceId: other }],
  ['they name two', {}, { 'x-b3-traceid': [other, ours] }, { traceId: other, others: [ours] }],
  ['as a proxy does with tracing off', {}, { 'x-b3-traceid': '-' }, {}],
  ['in the single header', {}, { b3: `${other}-e457b5a2e4d86bd1-1` }, { traceId: other }],
  ["in W3C's", {}, { traceresponse: `00-${other}-e457b5a2e4d86bd1-01` }, { traceId: other }],
  ['only the request does', context, {}, { traceId: ours, joined: true }],
  [
    'only the request does, in W3C',
    { traceparent: `00-${ours}-e457b5a2e4d86bd1-01` },
    {},
    { traceId: ours, joined: true },
  ],
  ['the system began anew', context, { 'x-b3-traceid': other }, { traceId: other }],
  ['a hop began anew', context, { 'x-b3-traceid': [other, ours] }, { traceId: ours, others: [other], joined: true }],
];

for (const [what, headers, answer, { traceId, others = [], joined }] of answers) {
  test(`the trace of an answer: ${what}`, async (t) => {
    const { url } = await answering(t, answer);
    const seen = await sendTraced({ url, method: 'GET', headers });
    assert.equal(seen.traceId, traceId);
    assert.deepEqual(seen.otherTraceIds, others);
    assert.equal(seen.callerSpanId, joined && context['X-B3-SpanId']);
  });
}

test('a request is sent once, with method, body and Host as given', async (t) => {
  const { url, came } = await answering(t, {});
  const headers = { Host: 'shop.example.com', 'content-type': 'text/plain' };
  await sendTraced({ url, method: 'POST', headers, body: 'two apples' });
  assert.deepEqual(
    came.map(({ method, url: path, body, headers: { host } }) => [method, path, body, host]),
    [['POST', '/orders', 'two apples', 'shop.example.com']],
  );
});

const contexts: readonly (readonly [what: string, brought: Record<string, string>, sampled: string | undefined])[] = [
  ['gets one that is sampled', {}, '1'],
  ['keeps its decision', { 'X-B3-Sampled': '0' }, '0'],
  ['keeps its own', context, undefined],
  ['keeps a single b3 header', { b3: '0' }, undefined],
];

for (const [what, brought, sampled] of contexts) {
  test(`a request without context ${what}`, () => {
    const { headers } = withContext({ url: new URL('http://a'), method: 'GET', headers: brought });
    if (sampled === undefined) return assert.deepEqual(headers, brought);
    const [, traceId, spanId, flags] = (headers.traceparent ?? '').split('-');
    assert.equal(headers['x-b3-traceid'], traceId);
    assert.equal(headers['x-b3-spanid'], spanId);
    assert.equal(flags, `0${sampled}`);
    assert.equal(headers['x-b3-sampled'] ?? brought['X-B3-Sampled'], sampled);
  });
}

test('if nothing listens, the error has the address without a password, what was seen, and what to do', async () => {
  const [port] = await freePorts(1);
  const url = new URL(`http://user:secret@127.0.0.1:${port}/orders`);
  await assert.rejects(sendTraced({ url, method: 'GET', headers: {} }), {
    message: `http://127.0.0.1:${port}/orders did not answer: connect ECONNREFUSED 127.0.0.1:${port}; check the address and that a server runs there`,
  });
});
