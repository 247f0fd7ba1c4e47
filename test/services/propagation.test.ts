import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers } from 'node-fetch';
import { option, TraceId } from 'zipkin';
import { injectContext } from '../../services/tracing/propagation.js';

const TRACE = '463ac35c9f6413ad48485a3953bb6124';
const PADDED = '000000000000000048485a3953bb6124';
const span = (more: ConstructorParameters<typeof TraceId>[0] = {}): TraceId =>
  new TraceId({
    traceId: TRACE,
    parentId: new option.Some('0020000000000001'),
    spanId: 'a2fb4a1d1a96d312',
    sampled: new option.Some(true),
    ...more,
  });

function injected(id: TraceId, headers: Record<string, string> = {}): Record<string, string> {
  const outgoing = new Headers(headers);
  injectContext(id, outgoing);
  return Object.fromEntries(outgoing);
}

const CALLER = '00f067aa0ba902b7';
const OWN = 'a2fb4a1d1a96d312';
const denied = span({ sampled: new option.Some(false) });
const W3C: readonly [what: string, traceparent: string | undefined, id: TraceId, leaves: string | undefined][] = [
  ['the same trace', `00-${TRACE}-${CALLER}-01`, span(), `00-${TRACE}-${OWN}-01`],
  ['the same trace, denied', `00-${TRACE}-${CALLER}-00`, denied, `00-${TRACE}-${OWN}-00`],
  ['a 64-bit trace', `00-${PADDED}-${CALLER}-01`, span({ traceId: PADDED.slice(16) }), `00-${PADDED}-${OWN}-01`],
  ['another trace', `00-${'a'.repeat(32)}-${CALLER}-01`, span(), undefined],
  ['nonsense', 'nonsense', span(), undefined],
  ['tracestate alone', undefined, span(), undefined],
];

for (const [what, traceparent, id, leaves] of W3C) {
  test(`traceparent of ${what}: ${leaves === undefined ? 'neither it nor tracestate leaves' : 'both leave'}`, () => {
    const out = injected(id, { tracestate: 'vendor=1', ...(traceparent === undefined ? {} : { traceparent }) });
    assert.equal(out.traceparent, leaves);
    assert.equal(out.tracestate, leaves === undefined ? undefined : 'vendor=1');
  });
}
