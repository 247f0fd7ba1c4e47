import { type CallerIds, denied, joined, type PropagationCase, restarted } from './case.js';

const B3 = 'openzipkin/b3-propagation README';
const ISSUE = 'issue 4';
const T = '80f198ee56343ba864fe8b2a57d3eff7';
const S = 'e457b5a2e4d86bd1';
const ids: CallerIds = { traceId: T, spanId: S };
const debug = { atService2: { 'x-b3-flags': '1' } };
const malformedAndDenied = { ...denied(), malformed: true } as const;

/** A caller's decision stands, debug above all; where the caller leaves it to the front, nothing is recorded. */
// biome-ignore format: a table
export const rateZeroCases: readonly PropagationCase[] = ([
  ['no header at all', ISSUE, [], denied()],
  ['b3 of ids without a decision', `${B3}, defer`, [['b3', `${T}-${S}`]], denied(ids)],
  ['x-b3 ids without a decision', `${B3}, defer`, [['X-B3-TraceId', T], ['X-B3-SpanId', S]], denied(ids)],
  ['malformed ids with sampled 1', 'brave B3PropagationTest malformed_sampled', [['X-B3-TraceId', '-'], ['X-B3-Sampled', '1']], malformedAndDenied],
  ['b3 of ids, sampled', B3, [['b3', `${T}-${S}-1`]], joined(ids)],
  ['b3 of ids, debug', B3, [['b3', `${T}-${S}-d`]], joined(ids, debug)],
  ['b3: 1', B3, [['b3', '1']], restarted()],
  ['b3: d', B3, [['b3', 'd']], restarted(debug)],
  ['sampled 1 alone', B3, [['X-B3-Sampled', '1']], restarted()],
  ['debug alone', B3, [['X-B3-Flags', '1']], restarted(debug)],
  ['x-b3 ids, debug', B3, [['X-B3-TraceId', T], ['X-B3-SpanId', S], ['X-B3-Flags', '1']], joined(ids, debug)],
  ['traceparent, sampled', ISSUE, [['traceparent', `00-${T}-${S}-01`]], joined(ids)],
  ['traceparent, not sampled', ISSUE, [['traceparent', `00-${T}-${S}-00`]], denied(ids)],
  ['x-envoy-force-trace forces nothing', ISSUE, [['x-envoy-force-trace', 'true']], denied()],
  ['x-client-trace-id forces nothing', ISSUE, [['x-client-trace-id', 'a']], denied()],
  ['a request id with the mark of a forced trace forces nothing', ISSUE, [['x-request-id', '7f3c1e52-0a4b-ac9d-8e6f-1234567890ab']], denied(undefined, { requestIdKept: true })],
] as const).map(([name, source, headers, expect]) => ({ name: `at 0 %: ${name}`, source, headers, expect }));
