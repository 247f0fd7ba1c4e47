import { type Expectation, type HeaderLines, ownHalf, type PropagationCase } from './propagation-case.js';

type More = Omit<Expectation, 'trace'>;

const T64 = ownHalf;
const T = `463ac35c9f6413ad${T64}`;
const S = 'e457b5a2e4d86bd1';
const P = '05e3ac9a4f6e3b90';
const ZERO = '0'.repeat(16);
const UUID = '7f3c1e52-0a4b-4c9d-8e6f-1234567890ab';
const debug = { atService2: { 'x-b3-flags': '1' } };
const noDebug = { atService2: { 'x-b3-flags': null } };

const joined = (more: More = {}): Expectation => ({ trace: 'joined', traceId: T, spanId: S, ...more });
const restarted = (more: More = {}): Expectation => ({ trace: 'restarted', ...more });
const dropped = (more: More = {}): Expectation => ({ trace: 'dropped', ...more });
const denied = (more: More = {}): Expectation => ({ trace: 'denied', ...more });

const row = (expect: Expectation, ...headers: HeaderLines): PropagationCase => ({
  name: headers.map(([name, value]) => `${name}: ${value.slice(0, 70)}`).join(', ') || 'no header',
  headers,
  expect,
});
const b3 = (value: string, expect: Expectation) => row(expect, ['b3', value]);
const xB3 = (
  values: Partial<Record<'TraceId' | 'SpanId' | 'ParentSpanId' | 'Sampled' | 'Flags', string>>,
  expect: Expectation,
) => row(expect, ...Object.entries(values).map(([name, value]) => [`X-B3-${name}`, value] as const));
const ids = { TraceId: T, SpanId: S };
const traceparent = (value: string, expect: Expectation) => row(expect, ['traceparent', value]);
const OK = `00-${T}-${S}-01`;
const state = (tracestate: string | null) => ({ atService2: { tracestate } });
const noState = state(null);
const tracestate = (value: string, carried: string | null) =>
  row(joined(state(carried)), ['traceparent', OK], ['tracestate', value]);
const requestId = (value: string, expect: Expectation) => row(expect, ['x-request-id', value]);

/**
 * What a caller may send to the front proxy, and the result, at a sampling rate of 100 %. The keys are the rules of
 * front-envoy-zipkin.yaml, and each clause of a rule has a row. Envoy tests what its own parsers refuse.
 */
export const propagationTables: Readonly<Record<string, readonly PropagationCase[]>> = {
  'remove x-envoy-*, which the rules use for notes': [
    row(restarted(noDebug)),
    row(restarted(), ['x-envoy-context', 'x-b3'], ['x-envoy-traceid', T], ['x-envoy-spanid', S]),
    row(restarted(), ['x-envoy-context', 'x-b3'], ['x-envoy-sampled', '0']),
  ],
  'REWRITE b3 with a parent and no decision': [
    b3(`${T64}-${S}-${P}`, joined({ traceId: T64 })),
    b3(`${T}-${S}-${P}`, joined()),
  ],
  'JUDGE b3': [
    b3('0', denied()),
    b3('1', restarted()),
    b3('d', restarted(debug)),
    b3(`${T}-${S}`, joined()),
    b3(`${T64}-${S}-0`, denied({ traceId: T64 })),
    b3(`${T}-${S}-d-${P}`, joined({ parentId: P, ...debug })),
    b3(`${T}-${S}-1-${P}`.toUpperCase(), joined({ parentId: P })),
    b3(`${ZERO}${T64}-${S}-1`, joined({ traceId: T64 })),
    b3(`${T64}${ZERO}-${S}-1-${ZERO}`, joined({ traceId: T64 + ZERO })),
    ...[
      '',
      `${T64.slice(1)}-${S}`,
      `${T64}-${S.slice(1)}`,
      `${T64}-${S}-`,
      `${T64}-${S}-c`,
      `${T64}-${S}-1-${P.slice(1)}`,
      `${T64.slice(1)}Z-${S}`,
      `${ZERO}${ZERO}-${S}`,
      `${T64}-${ZERO}`,
    ].map((value) => b3(value, dropped())),
    row(dropped(), ['b3', `${T}-${S}-1`], ['b3', `${T64}-${S}-1`]),
  ],
  'JUDGE x-b3-*': [
    xB3({ ...ids, ParentSpanId: P, Sampled: '1' }, joined({ parentId: P })),
    xB3({ TraceId: T.toUpperCase(), SpanId: S.toUpperCase(), ParentSpanId: P.toUpperCase() }, joined({ parentId: P })),
    xB3({ ...ids, ParentSpanId: ZERO }, joined()),
    xB3({ ...ids, ParentSpanId: '' }, joined()),
    xB3({ ...ids, Sampled: '0' }, denied({ traceId: T })),
    xB3({ ...ids, Sampled: 'true' }, joined()),
    xB3({ ...ids, Sampled: 'false' }, denied({ traceId: T })),
    xB3({ Sampled: '1' }, restarted()),
    xB3({ Sampled: '0' }, denied()),
    xB3({ TraceId: T }, dropped()),
    xB3({ SpanId: S }, dropped()),
    xB3({ ParentSpanId: P }, dropped()),
    xB3({ TraceId: T.slice(15), SpanId: S }, dropped()),
    xB3({ TraceId: `${T}abcd`, SpanId: S }, dropped()),
    xB3({ TraceId: T, SpanId: `${S}0` }, dropped()),
    xB3({ ...ids, ParentSpanId: P.slice(1) }, dropped()),
    xB3({ TraceId: 'zzzz', SpanId: S }, dropped()),
    xB3({ TraceId: ZERO + ZERO, SpanId: S }, dropped()),
    xB3({ TraceId: T, SpanId: ZERO }, dropped()),
    xB3({ ...ids, Sampled: '2' }, dropped()),
    xB3({ ...ids, Sampled: '' }, dropped()),
    row(dropped(), ['X-B3-TraceId', T], ['X-B3-SpanId', S], ['X-B3-TraceId', `${T.slice(1)}0`]),
    row(dropped(), ['X-B3-Sampled', '1'], ['X-B3-Sampled', '0']),
  ],
  'SET ASIDE debug, which is a decision too': [
    xB3({ ...ids, Flags: '1' }, joined(debug)),
    xB3({ ...ids, Flags: '1', Sampled: '0' }, joined(debug)),
    xB3({ Flags: '1' }, restarted(debug)),
    xB3({ ...ids, Flags: '0' }, joined(noDebug)),
    xB3({ ...ids, Flags: 'debug' }, joined(noDebug)),
  ],
  'b3 goes before x-b3-*, both before traceparent': [
    row(joined(), ['X-B3-TraceId', T.slice(1)], ['X-B3-Sampled', '0'], ['b3', `${T}-${S}-1`]),
    row(dropped(), ['b3', 'zzzz'], ['X-B3-TraceId', T], ['X-B3-SpanId', S]),
    row(joined(noState), ['b3', `${T}-${S}-1`], ['traceparent', OK], ['tracestate', 'foo=1']),
    row(restarted(), ['traceparent', OK], ['X-B3-Sampled', '1']),
    row(dropped(), ['traceparent', OK], ['X-B3-TraceId', 'zzzz']),
  ],
  'JUDGE traceparent': [
    traceparent(OK, joined()),
    traceparent(`00-${T}-${S}-00`, denied({ traceId: T })),
    traceparent(`00-${T}-${S}-03`, joined()),
    traceparent(`cc-${T}-${S}-01-what-the-future-will-be-like`, joined()),
    ...[
      '',
      `${OK}-what-the-future-will-be-like`,
      `ff-${T}-${S}-01`,
      `cc-${T}-${S}-01.what`,
      `00-${T.slice(1)}-${S}-01`,
      `00-${T}-${S}-1`,
      `00-${T.slice(1)}A-${S}-01`,
      `00-${ZERO}${ZERO}-${S}-01`,
      `00-${T}-${ZERO}-01`,
    ].map((value) => traceparent(value, dropped())),
    row(dropped(), ['traceparent', OK], ['traceparent', `00-${T.slice(1)}1-${S}-01`]),
  ],
  'SET ASIDE tracestate beside a traceparent': [
    tracestate('foo=1 \t , \t rojo@bar=2', 'foo=1 \t , \t rojo@bar=2'),
    tracestate(`foo=${'a'.repeat(508)}`, `foo=${'a'.repeat(508)}`),
    ...['', 'FOO=1', 'foo=bar=baz', 'foo=,bar=3', 'foo=🦓', `foo=${'a'.repeat(509)}`].map((bad) =>
      tracestate(bad, null),
    ),
    row(joined(state('a=1,b=2')), ['traceparent', OK], ['tracestate', 'a=1'], ['tracestate', 'b=2']),
    row(restarted(noState), ['tracestate', 'foo=1']),
  ],
  'SET ASIDE x-request-id': [
    requestId(UUID, restarted({ requestIdKept: true })),
    requestId(UUID.toUpperCase(), restarted({ requestIdKept: true })),
    requestId(UUID.replace('-4', '-9'), restarted({ requestIdKept: true })), // Envoy's mark of a sampled trace
    ...['', 'not-a-uuid', UUID.replaceAll('-', ''), `${UUID}0`].map((value) => requestId(value, dropped())),
    row(dropped(), ['x-request-id', UUID], ['x-request-id', UUID.replace('7', '8')]),
    row(joined(), ['x-request-id', 'not-a-uuid'], ['b3', `${T}-${S}-1`]),
    row(denied({ requestIdKept: true }), ['x-request-id', UUID], ['X-B3-Sampled', '0']),
  ],
};

/** The rows with something malformed, to check that it harms nothing. */
export const malformedCases: readonly PropagationCase[] = Object.values(propagationTables)
  .flat()
  .filter(({ expect }) => expect.trace === 'dropped');

/** The rows at a sampling rate of 0 %. A caller's decision still counts. Without one, nobody records a trace. */
export const casesAtRateZero: readonly PropagationCase[] = [
  row(denied()),
  b3(`${T}-${S}`, denied({ traceId: T })),
  xB3(ids, denied({ traceId: T })),
  xB3({ TraceId: '-', Sampled: '1' }, denied()),
  b3(`${T}-${S}-1`, joined()),
  b3('1', restarted()),
  b3('d', restarted(debug)),
  xB3({ Sampled: '1' }, restarted()),
  xB3({ Flags: '1' }, restarted(debug)),
  xB3({ ...ids, Flags: '1' }, joined(debug)),
  traceparent(OK, joined()),
  row(denied(), ['x-envoy-force-trace', 'true']),
  row(denied(), ['x-client-trace-id', 'a']),
  requestId(UUID.replace('-4', '-a'), denied({ requestIdKept: true })), // Envoy's mark of a forced trace
];
