import { type CallerIds, denied, dropped, type HeaderLines, joined, type PropagationCase, restarted } from './case.js';

const W3C = 'w3c/trace-context test.py';
const ISSUE = 'issue 4';

// The specification's own example.
const T = '0af7651916cd43dd8448eb211c80319c';
const S = 'b7ad6b7169203331';
const ids: CallerIds = { traceId: T, spanId: S };
const OK = `00-${T}-${S}-01`;
const carried = (tracestate: string | null) => ({ atService2: { tracestate } });
const withState = (...tracestate: string[]): HeaderLines => [
  ['traceparent', OK],
  ...tracestate.map((value) => ['tracestate', value] as const),
];

/** W3C Trace Context. Its test suite expects a valid traceparent at the end of every row. B3 says the same here. */
export const traceparentCases: readonly PropagationCase[] = [
  // biome-ignore format: a table
  ...([
    [OK, 'traceparent_included_tracestate_missing', joined(ids)],
    [`00-${T}-${S}-00`, 'tracestate_included_traceparent_included', denied(ids)],
    [`00-${T}-${S}-03`, 'level 2 random flag', joined(ids)],
    [`00-${T}-${S}-ff`, 'trace flags, other bits', joined(ids)],
    [`cc-${T}-${S}-01`, 'traceparent_version_0xcc', joined(ids)],
    [`cc-${T}-${S}-01-what-the-future-will-be-like`, 'traceparent_version_0xcc', joined(ids)],
    [` \t${OK}\t `, 'traceparent_ows_handling', joined(ids)],
    [`cc-${T}-${S}-01.what-the-future-will-be-like`, 'traceparent_version_0xcc', dropped()],
    [`00-${T}-${S}-01.`, 'traceparent_version_0x00', dropped()],
    [`00-${T}-${S}-01-what-the-future-will-be-like`, 'traceparent_version_0x00', dropped()],
    [`ff-${T}-${S}-01`, 'traceparent_version_0xff', dropped()],
    [`.0-${T}-${S}-01`, 'traceparent_version_illegal_characters', dropped()],
    [`000-${T}-${S}-01`, 'traceparent_version_too_long', dropped()],
    [`0-${T}-${S}-01`, 'traceparent_version_too_short', dropped()],
    [`00-${'0'.repeat(32)}-${S}-01`, 'traceparent_trace_id_all_zero', dropped()],
    [`00-.${T.slice(1)}-${S}-01`, 'traceparent_trace_id_illegal_characters', dropped()],
    [`00-${T}3-${S}-01`, 'traceparent_trace_id_too_long', dropped()],
    [`00-${T.slice(1)}-${S}-01`, 'traceparent_trace_id_too_short', dropped()],
    [`00-${T}-${'0'.repeat(16)}-01`, 'traceparent_parent_id_all_zero', dropped()],
    [`00-${T}-${S.slice(1)}.-01`, 'traceparent_parent_id_illegal_characters', dropped()],
    [`00-${T}-${S}7-01`, 'traceparent_parent_id_too_long', dropped()],
    [`00-${T}-${S.slice(1)}-01`, 'traceparent_parent_id_too_short', dropped()],
    [`00-${T}-${S}-.0`, 'traceparent_trace_flags_illegal_characters', dropped()],
    [`00-${T}-${S}-001`, 'traceparent_trace_flags_too_long', dropped()],
    [`00-${T}-${S}-1`, 'traceparent_trace_flags_too_short', dropped()],
    [`00-${T.slice(1)}A-${S}-01`, 'spec: lower case only', dropped()],
    ['', 'Envoy span_context_extractor_test W3CFallbackWithMalformedTraceparent', dropped()],
  ] as const).map(([traceparent, test, expect]) => ({
    name: `traceparent: ${JSON.stringify(traceparent)}`,
    source: `${W3C} ${test}`,
    headers: [['traceparent', traceparent]] as const,
    expect,
  })),

  // biome-ignore format: a table
  ...([
    ['two headers', `${W3C} traceparent_duplicated`, [['traceparent', OK], ['traceparent', `00-${T.slice(1)}1-${S}-01`]], dropped()],
    ['another name', `${W3C} traceparent_header_name`, [['trace-parent', OK]], restarted()],
    ['any case of its name', `${W3C} traceparent_header_name_valid_casing`, [['TrAcEpArEnT', OK]], joined(ids)],
    ['goes after x-b3-*', ISSUE, [['traceparent', OK], ['tracestate', 'foo=1'], ['X-B3-TraceId', '463ac35c9f6413ad48485a3953bb6124'], ['X-B3-SpanId', 'a2fb4a1d1a96d312']], joined({ traceId: '463ac35c9f6413ad48485a3953bb6124', spanId: 'a2fb4a1d1a96d312' }, carried(null))],
    ['goes after b3', 'Envoy span_context_extractor_test B3TakesPrecedenceOverW3C', [['traceparent', OK], ['b3', '0']], denied()],
    ['goes after a B3 decision', ISSUE, [['traceparent', OK], ['X-B3-Sampled', '1']], restarted()],
    ['beside malformed B3', ISSUE, [['traceparent', OK], ['X-B3-TraceId', 'zzzz']], dropped()],
  ] as const).map(([name, source, headers, expect]) => ({ name: `traceparent: ${name}`, source, headers, expect })),

  // biome-ignore format: a table
  ...([
    ['is carried', 'tracestate_included_traceparent_included', withState('foo=1,bar=2'), joined(ids, carried('foo=1,bar=2'))],
    ['in several headers is one list', 'tracestate_multiple_headers_different_keys', withState('foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'), joined(ids, carried('foo=1,bar=2,rojo=1,congo=2,baz=3'))],
    ['with white space', 'tracestate_ows_handling', withState('foo=1 \t , \t bar=2, \t baz=3'), joined(ids, carried('foo=1 \t , \t bar=2, \t baz=3'))],
    ['with a vendor', 'tracestate_key_illegal_vendor_format', withState('foo@bar=1,bar=2'), joined(ids, carried('foo@bar=1,bar=2'))],
    ['of a denied trace', ISSUE, [['traceparent', `00-${T}-${S}-00`], ['tracestate', 'foo=1']], denied(ids, carried('foo=1'))],
    ['without traceparent', 'tracestate_included_traceparent_missing', [['tracestate', 'foo=1']], restarted(carried(null))],
    ['with a malformed traceparent', ISSUE, [['traceparent', `ff-${T}-${S}-01`], ['tracestate', 'foo=1']], dropped(carried(null))],
    ['empty', 'tracestate_empty_header', withState(''), joined(ids, carried(null))],
    ['with an upper-case key', 'tracestate_key_illegal_characters', withState('FOO=1'), joined(ids, carried(null))],
    ['with two signs of equality', 'tracestate_value_illegal_characters', withState('foo=bar=baz'), joined(ids, carried(null))],
    ['with an empty value', 'tracestate_value_illegal_characters', withState('foo=,bar=3'), joined(ids, carried(null))],
    ['of 513 characters', 'spec: 512 must be carried', withState(`foo=${'a'.repeat(509)}`), joined(ids, carried(null))],
    ['with emoji', ISSUE, withState('foo=🦓'), joined(ids, carried(null))],
  ] as const).map(([name, test, headers, expect]) => ({
    name: `tracestate: ${name}`,
    source: test === ISSUE ? ISSUE : `${W3C} ${test}`,
    headers,
    expect,
  })),
];
