import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startFrontAlone } from './front-alone.js';

const front = await startFrontAlone();
after(() => front.stop());

const orders = [
  'x-envoy-force-trace',
  'x-envoy-decorator-operation',
  'x-envoy-internal',
  'x-envoy-retry-on',
  'x-envoy-max-retries',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-ip-tags',
  'x-envoy-original-path',
  'x-envoy-context',
  'x-envoy-b3',
  'x-envoy-traceid',
  'x-envoy-sampled',
];

test("a caller's x-envoy-* headers do not pass, and no notes of the rules are left", async () => {
  const got = await front.headersBehind(Object.fromEntries(orders.map((name) => [name, 'from-the-caller'])));
  const left = Object.entries(got).filter(([name]) => name.startsWith('x-envoy-'));
  assert.ok(left.every(([, value]) => value !== 'from-the-caller'));
  assert.deepEqual(
    left.map(([name]) => name).sort(),
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

test('the front proxy sends only multi-header B3, in lower case', async () => {
  const traceId = '80F198EE56343BA864FE8B2A57D3EFF7';
  const got = await front.headersBehind({ b3: `${traceId}-E457B5A2E4D86BD1-1` });
  assert.equal(got.b3, undefined);
  assert.equal(got['x-b3-traceid'], traceId.toLowerCase());
  assert.match(String(got['x-b3-spanid']), /^[0-9a-f]{16}$/);
  assert.equal(got['x-b3-sampled'], '1');
});
