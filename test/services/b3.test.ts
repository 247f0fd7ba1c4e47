import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { type B3Headers, wellFormedB3 } from '../../services/tracing/b3.js';

const TRACE = '463ac35c9f6413ad48485a3953bb6124';
const TRACE_64 = '48485a3953bb6124';
const SPAN = 'a2fb4a1d1a96d312';
const PARENT = '0020000000000001';
const ZERO = '0000000000000000';

const ids = (more: IncomingHttpHeaders = {}): IncomingHttpHeaders => ({
  'x-b3-traceid': TRACE,
  'x-b3-spanid': SPAN,
  ...more,
});
const joined = (more: B3Headers = {}): B3Headers => ({ 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, ...more });
const sampled = (value: string) => ({ 'x-b3-sampled': value });
const parent = (value: string) => ({ 'x-b3-parentspanid': value });
const flags = (value: string) => ({ 'x-b3-flags': value });
const b3 = (value: string): IncomingHttpHeaders => ({ b3: value });

const SPEC = 'B3 specification';
const BRAVE = "brave's B3PropagationTest";
const BRAVE_SINGLE = "brave's B3SingleFormatTest";
const ENVOY = "Envoy's span_context_extractor_test";
const ISSUE = 'issue 4';
const SEEN = 'seen in Zipkin as a refused batch';

type Row = readonly [source: string, what: string, headers: IncomingHttpHeaders, kept: B3Headers];

const KEPT: readonly Row[] = [
  [SPEC, 'no B3', { 'x-request-id': 'r' }, {}],
  [SPEC, 'accept with 128-bit trace id', ids(sampled('1')), joined(sampled('1'))],
  [
    SPEC,
    'accept with parent',
    ids({ ...parent(PARENT), ...sampled('1') }),
    joined({ ...parent(PARENT), ...sampled('1') }),
  ],
  [SPEC, 'deny with ids', ids(sampled('0')), joined(sampled('0'))],
  [SPEC, 'defer', ids(), joined()],
  [BRAVE, 'defer with parent', ids(parent(PARENT)), joined(parent(PARENT))],
  [SPEC, '64-bit trace id', ids({ 'x-b3-traceid': TRACE_64 }), joined({ 'x-b3-traceid': TRACE_64 })],
  [BRAVE, 'sampled true of old clients', ids(sampled('true')), joined(sampled('1'))],
  [BRAVE, 'sampled false of old clients', ids(sampled('false')), joined(sampled('0'))],
  [
    BRAVE,
    'left-padded trace id',
    ids({ 'x-b3-traceid': ZERO + TRACE_64 }),
    joined({ 'x-b3-traceid': ZERO + TRACE_64 }),
  ],
  [
    BRAVE,
    'right-padded trace id',
    ids({ 'x-b3-traceid': TRACE_64 + ZERO }),
    joined({ 'x-b3-traceid': TRACE_64 + ZERO }),
  ],
  [SPEC, 'debug', ids(flags('1')), joined(flags('1'))],
  [SPEC, 'debug implies accept', ids({ ...flags('1'), ...sampled('0') }), joined(flags('1'))],
  [SPEC, 'debug alone', flags('1'), flags('1')],
  [ISSUE, 'flags 0 says nothing', ids(flags('0')), joined()],
  [ISSUE, 'accept alone', sampled('1'), sampled('1')],
  [ISSUE, 'deny alone', sampled('0'), sampled('0')],
  [ISSUE, 'deny alone, old spelling', sampled('false'), sampled('0')],
  [
    ISSUE,
    'upper case is lower-cased',
    ids({ 'x-b3-traceid': TRACE.toUpperCase(), 'x-b3-spanid': SPAN.toUpperCase() }),
    joined(),
  ],
  [ISSUE, 'empty parent is as if absent', ids(parent('')), joined()],
  [ISSUE, 'all-zero parent is as if absent', ids(parent(ZERO)), joined()],
  [SPEC, 'single header', b3(`${TRACE}-${SPAN}-1-${PARENT}`), joined({ ...parent(PARENT), ...sampled('1') })],
  [SPEC, 'single header without parent', b3(`${TRACE}-${SPAN}-1`), joined(sampled('1'))],
  [SPEC, 'single header debug', b3(`${TRACE}-${SPAN}-d`), joined(flags('1'))],
  [
    ENVOY,
    'single header debug with parent',
    b3(`${TRACE}-${SPAN}-d-${PARENT}`),
    joined({ ...parent(PARENT), ...flags('1') }),
  ],
  [BRAVE_SINGLE, 'single header defer', b3(`${TRACE}-${SPAN}`), joined()],
  [
    BRAVE_SINGLE,
    'single header deny',
    b3(`${TRACE_64}-${SPAN}-0`),
    joined({ 'x-b3-traceid': TRACE_64, ...sampled('0') }),
  ],
  [SPEC, 'single header deny alone', b3('0'), sampled('0')],
  [ENVOY, 'single header accept alone', b3('1'), sampled('1')],
  [ENVOY, 'single header debug alone', b3('d'), flags('1')],
  [ISSUE, 'multi-header ids win over the single header', { ...ids(sampled('1')), b3: '0' }, joined(sampled('1'))],
  [
    ISSUE,
    'a decision alone gives way to ids in the single header',
    { ...sampled('1'), ...b3(`${TRACE}-${SPAN}-0`) },
    joined(sampled('0')),
  ],
  [ISSUE, 'a malformed single header leaves the decision', { ...sampled('0'), ...b3('nonsense') }, sampled('0')],
];

const DROPPED: readonly [source: string, what: string, headers: IncomingHttpHeaders][] = [
  [SEEN, 'trace id zzzz', ids({ 'x-b3-traceid': 'zzzz' })],
  [SEEN, 'trace id of 36 digits', ids({ 'x-b3-traceid': `${TRACE}0000` })],
  [SEEN, 'markup', ids({ 'x-b3-traceid': '<script>' })],
  [SEEN, 'empty trace id', ids({ 'x-b3-traceid': '' })],
  [SEEN, 'empty span id', ids({ 'x-b3-spanid': '' })],
  [SEEN, 'trace id without span id', { 'x-b3-traceid': TRACE, ...sampled('1') }],
  [ISSUE, 'trace id only', { 'x-b3-traceid': TRACE }],
  [ISSUE, 'span id only', { 'x-b3-spanid': SPAN, ...sampled('0') }],
  [ISSUE, 'parent only', { ...parent(PARENT), ...sampled('1') }],
  [BRAVE, 'all-zero 64-bit trace id', ids({ 'x-b3-traceid': ZERO })],
  [BRAVE, 'all-zero 128-bit trace id', ids({ 'x-b3-traceid': ZERO + ZERO })],
  [BRAVE, 'all-zero span id', ids({ 'x-b3-spanid': ZERO })],
  [BRAVE, 'empty sampled', ids(sampled(''))],
  [BRAVE, 'sampled d', ids(sampled('d'))],
  [BRAVE, 'sampled hello', ids(sampled('hello'))],
  [BRAVE, 'sampled emoji', ids(sampled('💩'))],
  [ISSUE, 'sampled 01', ids(sampled('01'))],
  [ISSUE, 'sampled constructor', ids(sampled('constructor'))],
  [ISSUE, 'sampled alone, malformed', sampled('yes')],
  [ENVOY, 'bad last digit of the trace id', ids({ 'x-b3-traceid': `${TRACE.slice(0, 31)}!` })],
  [ENVOY, 'bad last digit of the span id', ids({ 'x-b3-spanid': `${SPAN.slice(0, 15)}!` })],
  [ENVOY, 'bad last digit of the parent', ids(parent(`${PARENT.slice(0, 15)}!`))],
  [ISSUE, 'trace id of 17 digits', ids({ 'x-b3-traceid': `${TRACE_64}0` })],
  [ISSUE, 'trace id of 15 digits', ids({ 'x-b3-traceid': TRACE_64.slice(1) })],
  [ISSUE, 'span id of 15 digits', ids({ 'x-b3-spanid': SPAN.slice(1) })],
  [ISSUE, 'span id of 32 digits', ids({ 'x-b3-spanid': TRACE })],
  [ISSUE, 'parent of 32 digits', ids(parent(TRACE))],
  [ISSUE, 'two trace ids, joined by Node', ids({ 'x-b3-traceid': `${TRACE}, ${TRACE}` })],
  [ISSUE, 'two span ids, joined by Node', ids({ 'x-b3-spanid': `${SPAN}, ${SPAN}` })],
  [ISSUE, 'two decisions, joined by Node', ids(sampled('1, 0'))],
  [ISSUE, 'two values as a list', ids({ 'x-b3-spanid': [SPAN, SPAN] })],
  [ISSUE, 'white space inside', ids({ 'x-b3-traceid': `${TRACE.slice(0, 16)} ${TRACE.slice(17)}` })],
  [ISSUE, 'a line end after', ids({ 'x-b3-spanid': `${SPAN}\n` })],
  [ISSUE, 'very long', ids({ 'x-b3-traceid': 'a'.repeat(16_000) })],
  [ISSUE, 'emoji', ids({ 'x-b3-spanid': '🦊'.repeat(8) })],
  [ISSUE, '0x prefix', ids({ 'x-b3-spanid': `0x${SPAN.slice(2)}` })],
  [ISSUE, 'flags 1abc, which parseInt takes for 1', ids(flags('1abc'))],
  [
    ISSUE,
    'malformed multi-header ids are not mended by a single header',
    { ...ids({ 'x-b3-spanid': 'x' }), ...b3('1') },
  ],
  [BRAVE_SINGLE, 'single: not-a-tumor', b3('not-a-tumor')],
  [BRAVE_SINGLE, 'single: a UUID', b3('b970dafd-0d95-40aa-95d8-1d8725aebe40')],
  [BRAVE_SINGLE, 'single: empty', b3('')],
  [BRAVE_SINGLE, 'single: -', b3('-')],
  [BRAVE_SINGLE, 'single: -1', b3('-1')],
  [BRAVE_SINGLE, 'single: 1-', b3('1-')],
  [BRAVE_SINGLE, 'single: 1-?', b3('1-?')],
  [BRAVE_SINGLE, 'single: trace id only', b3(TRACE)],
  [BRAVE_SINGLE, 'single: ids with a trailing hyphen', b3(`${TRACE}-${SPAN}-`)],
  [BRAVE_SINGLE, 'single: decision with a trailing hyphen', b3(`${TRACE}-${SPAN}-1-`)],
  [BRAVE_SINGLE, 'single: short parent', b3(`${TRACE}-${SPAN}-1-${PARENT.slice(1)}`)],
  [BRAVE_SINGLE, 'single: too long', b3(`${TRACE}${TRACE_64}-${SPAN}-${TRACE_64}`)],
  [ENVOY, 'single: sampling flag c', b3(`${TRACE}-${SPAN}-c`)],
  [ENVOY, 'single: no hyphen before the parent', b3(`${TRACE}-${SPAN}-d!${PARENT}`)],
  [ENVOY, 'single: middle of a string', b3(`${TRACE}-${SPAN},`)],
  [ISSUE, 'single: sampled true is for the multi-header form', b3('true')],
  [ISSUE, 'single: two values, joined by Node', b3('0, 1')],
  [ISSUE, 'single: all-zero trace id', b3(`${ZERO}${ZERO}-${SPAN}-1`)],
];

const rows: readonly Row[] = [...KEPT, ...DROPPED.map(([source, what, headers]): Row => [source, what, headers, {}])];
for (const [source, what, headers, kept] of rows) {
  test(`${what} (${source}): ${Object.keys(kept).join(' ') || 'nothing'} kept`, () => {
    assert.deepEqual(wellFormedB3(headers), kept);
  });
}
