import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startFrontAlone } from './front-alone.js';

const front = await startFrontAlone();
after(() => front.stop());

/** One order to an Envoy, and two names of the rules' own notes. */
const orders = ['x-envoy-max-retries', 'x-envoy-context', 'x-envoy-traceid'];

test("a caller's x-envoy-* headers do not pass, and no notes of the rules are left", async () => {
  const b3 = '463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-d';
  const sent = Object.fromEntries(orders.map((name) => [name, 'from-the-caller']));
  const left = Object.keys(await front.headersBehind({ ...sent, b3 })).filter((name) => name.startsWith('x-envoy-'));
  assert.deepEqual(
    left.sort(),
    ['x-envoy-expected-rq-timeout-ms', 'x-envoy-external-address'],
    "only this Envoy's own: its time-out and the caller's address",
  );
});

test('baggage and application headers are untouched', async () => {
  const own = {
    baggage: 'user=1,plan=free;p=2',
    authorization: 'Bearer x',
    cookie: 'a=1; b=2',
    'x-own': ['one', 'two'],
  };
  const got = await front.headersBehind(own);
  for (const [name, value] of Object.entries(own)) {
    assert.equal(got[name], Array.isArray(value) ? value.join(', ') : value, name);
  }
});

test('Envoy copies these headers into spans; the front cuts them to 256 characters', async () => {
  const got = await front.headersBehind({ 'user-agent': 'a'.repeat(300), 'x-client-trace-id': 'b'.repeat(300) });
  assert.deepEqual([got['user-agent'], got['x-client-trace-id']], ['a'.repeat(256), 'b'.repeat(256)]);
});

test('the front proxy sends only multi-header B3, in lower case', async () => {
  const traceId = '80F198EE56343BA864FE8B2A57D3EFF7';
  const got = await front.headersBehind({ b3: `${traceId}-E457B5A2E4D86BD1-1` });
  assert.equal(got.b3, undefined);
  assert.equal(got['x-b3-traceid'], traceId.toLowerCase());
  assert.match(String(got['x-b3-spanid']), /^[0-9a-f]{16}$/);
  assert.equal(got['x-b3-sampled'], '1');
});
