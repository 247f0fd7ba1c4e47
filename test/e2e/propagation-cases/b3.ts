import { type CallerIds, denied, dropped, type HeaderLines, joined, type PropagationCase, restarted } from './case.js';

const B3 = 'openzipkin/b3-propagation README';
const ENVOY = 'Envoy zipkin span_context_extractor_test';
const BRAVE = 'brave B3SingleFormatTest';
const ISSUE = 'issue 4';

const T = '80f198ee56343ba864fe8b2a57d3eff7';
const S = 'e457b5a2e4d86bd1';
const P = '05e3ac9a4f6e3b90';
const T64 = T.slice(16);
const ZERO = '0'.repeat(16);
const ids: CallerIds = { traceId: T, spanId: S };
const ids64: CallerIds = { traceId: T64, spanId: S };
const debug = { atService2: { 'x-b3-flags': '1' } };

const X_B3: HeaderLines = [
  ['X-B3-TraceId', '463ac35c9f6413ad48485a3953bb6124'],
  ['X-B3-SpanId', 'a2fb4a1d1a96d312'],
  ['X-B3-Sampled', '0'],
];

/** The single `b3` header. */
export const b3Cases: readonly PropagationCase[] = [
  // biome-ignore format: a table
  ...([
    [`${T}-${S}-1-${P}`, `${B3}; ${ENVOY} Largest`, joined({ ...ids, parentId: P })],
    [`${T}-${S}-1`, B3, joined(ids)],
    [`${T}-${S}`, `${ENVOY} IdNotYetSampled128`, joined(ids)],
    [`${T64}-${S}`, `${ENVOY} WithoutSampled`, joined(ids64)],
    [`${T}-${S}-d`, `${B3}; ${ENVOY} WithoutParentDebug`, joined(ids, debug)],
    [`${T64}-${S}-d`, `${ENVOY} IdsWithDebug`, joined(ids64, debug)],
    [`${T64}-${S}-d-${P}`, `${ENVOY} ParentDebug`, joined({ ...ids64, parentId: P }, debug)],
    [`${T64}-${S}-0`, `${ENVOY} IdsUnsampled`, denied(ids64)],
    [`${T64}-${S}-0-${P}`, `${ENVOY} ParentUnsampled`, denied(ids64)],
    // Envoy's parser refuses this form, so the front proxy removes the parent.
    [`${T}-${S}-${P}`, `${BRAVE} parentid_notYetSampled`, joined(ids)],
    [`${T64}-${S}-${P}`, `${BRAVE} parentid_notYetSampled`, joined(ids64)],
    [`${ZERO}${T64}-${S}-1-${P}`, `${BRAVE} padded`, joined({ ...ids64, parentId: P })],
    [`${T64}${ZERO}-${S}-1-${P}`, `${BRAVE} padded_right`, joined({ traceId: T64 + ZERO, spanId: S, parentId: P })],
    [`${T}-${S}-1-${ZERO}`, `${BRAVE} zero_parentId`, joined(ids)],
    [`${T}-${S}-1-${P}`.toUpperCase(), ISSUE, joined({ ...ids, parentId: P })],
    ['d', `${ENVOY} DebugOnly`, restarted(debug)],
    ['1', `${ENVOY} Sampled`, restarted()],
    ['0', `${B3}; ${ENVOY} SampledFalse`, denied()],
    ['b970dafd-0d95-40aa-95d8-1d8725aebe40', `${ENVOY} MalformedUuid`, dropped()],
    [`${T64}${T64}-${S},`, `${ENVOY} MiddleOfString`, dropped()],
    [`${T64}${T64}${T64}-${S}-${T64}`, `${ENVOY} TooBig`, dropped()],
    [`${T}-${S}-1-${P}a`, `${ENVOY} TooBig`, dropped()],
    ['', `${ENVOY} Empty`, dropped()],
    [`${T64.slice(1)}!${T64}-${S}`, `${ENVOY} InvalidInput`, dropped()],
    [`${T64}!${S}`, `${ENVOY} InvalidInput`, dropped()],
    [`${T64}-${S.slice(1)}!`, `${ENVOY} InvalidInput`, dropped()],
    [`${T64}-${S}!0`, `${ENVOY} InvalidInput`, dropped()],
    [`${T64}-${S}-c`, `${ENVOY} InvalidInput`, dropped()],
    [`${T64}-${S}-d!${P}`, `${ENVOY} InvalidInput`, dropped()],
    [`${T64}-${S}-d-${P.slice(1)}!`, `${ENVOY} InvalidInput`, dropped()],
    ['-', `${ENVOY} InvalidInput; ${BRAVE} malformed_hyphenForSampled`, dropped()],
    ['-1', `${ENVOY} Truncated`, dropped()],
    ['1-', `${ENVOY} Truncated`, dropped()],
    [T64, `${ENVOY} Truncated`, dropped()],
    [`${T64}-`, `${ENVOY} Truncated`, dropped()],
    [`${T64.slice(1)}-${S}`, `${ENVOY} Truncated`, dropped()],
    [`${T64}-${S.slice(1)}`, `${ENVOY} Truncated`, dropped()],
    [`${T64}-${S}-`, `${ENVOY} Truncated`, dropped()],
    [`${T64}-${S}-1-`, `${ENVOY} Truncated`, dropped()],
    [`${T64}-${S}-1-${P.slice(1)}`, `${ENVOY} Truncated`, dropped()],
    [`${T64}-${S}-${T64}${T64}`, `${ENVOY} Truncated`, dropped()],
    ['not-a-tumor', `${BRAVE} malformed`, dropped()],
    [`${T64}-${S.slice(1)}💩`, `${BRAVE} malformed_notAscii`, dropped()],
    [`${ZERO}-${S}-1-${P}`, `${BRAVE} zero_traceId`, dropped()],
    [`${ZERO}${ZERO}-${S}`, `${BRAVE} zero_traceId`, dropped()],
    [`${T64}-${ZERO}-1-${P}`, `${BRAVE} zero_spanId`, dropped()],
    [`${T}-${ZERO}`, `${BRAVE} zero_spanId`, dropped()],
    [`${T64}-${S}-1-${P}-`, `${BRAVE} too_many_fields`, dropped()],
    [`${T64}-${S}-f`, `${BRAVE} sampledCorrupt`, dropped()],
    [`-234567812345678-${S}`, `${BRAVE} empty_traceId`, dropped()],
    [`${T64}--${P}`, `${BRAVE} empty_spanId_with_parent`, dropped()],
    [`${T64}-${S}--${P}`, `${BRAVE} empty_sampled_with_parentId`, dropped()],
    [`1-${S}`, `${BRAVE} truncated_traceId`, dropped()],
    [`${T.slice(1)}-${S}`, `${BRAVE} truncated_traceId128`, dropped()],
    ['D', ISSUE, dropped()],
    ['2', ISSUE, dropped()],
    [`${T}-0x00000000000000-1`, ISSUE, dropped()],
    [`${T} ${S} 1`, ISSUE, dropped()],
    ['<script>alert(1)</script>', ISSUE, dropped()],
  ] as const).map(([b3, source, expect]) => ({ name: `b3: ${JSON.stringify(b3)}`, source, headers: [['b3', b3]] as const, expect })),
  {
    name: 'b3: a very long value',
    source: ISSUE,
    headers: [['b3', `${T}-`.repeat(200)]],
    expect: dropped(),
  },
  {
    name: 'b3: two headers',
    source: ISSUE,
    headers: [
      ['b3', `${T}-${S}-1`],
      ['b3', `${T64}-${S}-1`],
    ],
    expect: dropped(),
  },
  {
    name: 'b3: goes before x-b3-*',
    source: `${B3}, the single header takes precedence`,
    headers: [...X_B3, ['b3', `${T}-${S}-1`]],
    expect: joined(ids),
  },
  {
    name: 'b3: malformed, beside well-formed x-b3-*',
    source: ISSUE,
    headers: [['b3', 'zzzz'], ...X_B3],
    expect: dropped(),
  },
];
