import { type CallerIds, denied, dropped, type HeaderLines, joined, type PropagationCase, restarted } from './case.js';

const B3 = 'openzipkin/b3-propagation README';
const BRAVE = 'brave B3PropagationTest';
const HTTP_TESTS = 'brave http-tests ITHttpServer';
const ENVOY = 'Envoy zipkin span_context_extractor_test InvalidInput';
const ISSUE = 'issue 4';

// The README's own example.
const T = '80f198ee56343ba864fe8b2a57d3eff7';
const S = 'e457b5a2e4d86bd1';
const P = '05e3ac9a4f6e3b90';
const T64 = T.slice(16);
const ZERO = '0'.repeat(16);
const ids: CallerIds = { traceId: T, spanId: S };

const context = (traceId: string, spanId: string, ...more: HeaderLines): HeaderLines => [
  ['X-B3-TraceId', traceId],
  ['X-B3-SpanId', spanId],
  ...more,
];
const malformed = (name: string, source: string, ...headers: HeaderLines): PropagationCase => ({
  name: `x-b3: ${name}`,
  source,
  headers,
  expect: dropped(),
});

/** Multi-header B3. */
export const xB3Cases: readonly PropagationCase[] = [
  // biome-ignore format: a table
  ...([
    ['128-bit ids, parent, sampled 1', B3, context(T, S, ['X-B3-ParentSpanId', P], ['X-B3-Sampled', '1']), joined({ ...ids, parentId: P })],
    ['64-bit trace id', B3, context(T64, S, ['X-B3-Sampled', '1']), joined({ traceId: T64, spanId: S })],
    ['a root has no parent', B3, context(T, S, ['X-B3-Sampled', '1']), joined(ids)],
    ['ids without a decision: the rate decides', `${B3}, defer`, context(T, S), joined(ids)],
    ['ids and parent without a decision', `${B3}, defer`, context(T, S, ['X-B3-ParentSpanId', P]), joined({ ...ids, parentId: P })],
    ['span id equal to the trace id', `${HTTP_TESTS} readsBaggage_existingTrace`, context(T64, T64), joined({ traceId: T64, spanId: T64 })],
    ['names in upper case', `${B3}, names are case-insensitive`, [['X-B3-TRACEID', T], ['X-B3-SPANID', S]], joined(ids)],
    ['white space around a value', 'RFC 9110 5.5', context(`  ${T}\t`, ` ${S} `), joined(ids)],
    ['ids and sampled 0', `${B3}, why send trace ids with a reject`, context(T, S, ['X-B3-Sampled', '0']), denied(ids)],
    ['ids, parent and sampled 0', B3, context(T, S, ['X-B3-ParentSpanId', P], ['X-B3-Sampled', '0']), denied(ids)],
    ['ids and sampled true', `${B3}, old tracers`, context(T, S, ['X-B3-Sampled', 'true']), joined(ids)],
    ['ids and sampled false', `${B3}, old tracers`, context(T, S, ['X-B3-Sampled', 'false']), denied(ids)],
    ['ids and debug', `${BRAVE} debug_with_ids`, context(T, S, ['X-B3-Flags', '1']), joined(ids, { atService2: { 'x-b3-flags': '1' } })],
    ['debug is more than sampled 0', `${B3}, debug implies accept`, context(T, S, ['X-B3-Flags', '1'], ['X-B3-Sampled', '0']), joined(ids, { atService2: { 'x-b3-flags': '1' } })],
    ['flags 0 says nothing', `${B3}, any other value can be ignored`, context(T, S, ['X-B3-Flags', '0']), joined(ids, { atService2: { 'x-b3-flags': null } })],
    ['flags other than 1 say nothing', `${B3}, any other value can be ignored`, context(T, S, ['X-B3-Flags', 'debug']), joined(ids, { atService2: { 'x-b3-flags': null } })],
    ['sampled 1 alone', B3, [['X-B3-Sampled', '1']], restarted()],
    ['sampled true alone', `${B3}, old tracers`, [['X-B3-Sampled', 'true']], restarted()],
    ['debug alone', B3, [['X-B3-Flags', '1']], restarted({ atService2: { 'x-b3-flags': '1' } })],
    ['sampled 0 alone', `${HTTP_TESTS} readsBaggage_unsampled`, [['X-B3-Sampled', '0']], denied()],
    ['sampled false alone', `${BRAVE} sampledFalse`, [['X-B3-Sampled', 'false']], denied()],
    ['trace id in upper case', ISSUE, context(T.toUpperCase(), S), joined(ids)],
    ['span and parent id in upper case', ISSUE, context(T, S.toUpperCase(), ['X-B3-ParentSpanId', P.toUpperCase()]), joined({ ...ids, parentId: P })],
    ['64-bit trace id padded to 128', 'brave B3SingleFormatTest padded', context(ZERO + T64, S), joined({ traceId: T64, spanId: S })],
    ['trace id whose low half is zeros', 'brave B3SingleFormatTest padded_right', context(T64 + ZERO, S), joined({ traceId: T64 + ZERO, spanId: S })],
    ['parent of zeros is none', ISSUE, context(T, S, ['X-B3-ParentSpanId', ZERO]), joined(ids)],
    ['empty parent is none', ISSUE, context(T, S, ['X-B3-ParentSpanId', '']), joined(ids)],
  ] as const).map(([name, source, headers, expect]) => ({ name: `x-b3: ${name}`, source, headers, expect })),

  malformed('trace id alone', ISSUE, ['X-B3-TraceId', T]),
  malformed('span id alone', ISSUE, ['X-B3-SpanId', S]),
  malformed('parent alone', ISSUE, ['X-B3-ParentSpanId', P]),
  malformed('decision and trace id, no span id', ISSUE, ['X-B3-TraceId', T], ['X-B3-Sampled', '0']),
  malformed('trace id - and sampled 1', `${BRAVE} malformed_sampled`, ['X-B3-TraceId', '-'], ['X-B3-Sampled', '1']),
  malformed('parent -', `${BRAVE} malformed`, ...context(T, S, ['X-B3-ParentSpanId', '-'])),
  malformed('trace id of zeros', ISSUE, ...context(ZERO + ZERO, S)),
  malformed('64-bit trace id of zeros', ISSUE, ...context(ZERO, S)),
  malformed('span id of zeros', ISSUE, ...context(T, ZERO)),
  malformed('trace id of 15', ISSUE, ...context(T.slice(17), S)),
  malformed('trace id of 17', ISSUE, ...context(T.slice(15), S)),
  malformed('trace id of 31', ISSUE, ...context(T.slice(1), S)),
  malformed('trace id of 36', '../shared/DESIGN.md', ...context(`${T}abcd`, S)),
  malformed('span id of 15', ISSUE, ...context(T, S.slice(1))),
  malformed('span id of 17', ISSUE, ...context(T, `${S}0`)),
  malformed('parent of 15', ISSUE, ...context(T, S, ['X-B3-ParentSpanId', P.slice(1)])),
  malformed('trace id not hex', '../shared/DESIGN.md', ...context('zzzz', S)),
  malformed('trace id ends in !', ENVOY, ...context(`${T.slice(1)}!`, S)),
  malformed('span id not hex', ISSUE, ...context(T, 'ghijklmnopqrstuv')),
  malformed('span id 0x0, which parses as zero', ISSUE, ...context(T, '0x0')),
  malformed('trace id with a sign', ISSUE, ...context(`-${T.slice(1)}`, S)),
  malformed('span id that holds a decision', ISSUE, ...context(T, `${S}-1`)),
  malformed('trace id is a UUID', ISSUE, ...context('b970dafd-0d95-40aa-95d8-1d8725aebe40', S)),
  malformed('white space in the trace id', ISSUE, ...context(`${T64.slice(8)} ${T64.slice(9)}`, S)),
  malformed('empty ids', '../shared/DESIGN.md', ...context('', '')),
  malformed('two trace ids', ISSUE, ...context(T, S, ['X-B3-TraceId', `${T.slice(1)}0`])),
  malformed('the same trace id twice', ISSUE, ...context(T, S, ['X-B3-TraceId', T])),
  malformed('two span ids in one value', ISSUE, ...context(T, `${S},${P}`)),
  malformed('a very long trace id', ISSUE, ...context('a'.repeat(8000), S)),
  malformed('markup', '../shared/DESIGN.md', ...context('<script>alert(1)</script>', S)),
  malformed('emoji', ISSUE, ...context('🦓'.repeat(8), S)),
  malformed('digits beyond ASCII', ISSUE, ...context(T, '１２３４５６７８１２３４５６７８')),
  malformed('encoded line break', ISSUE, ...context(T, `${S}%0d%0ax-evil: 1`)),
  malformed('sampled 2', ISSUE, ...context(T, S, ['X-B3-Sampled', '2'])),
  malformed('sampled empty', `${B3}, an empty header is malformed`, ...context(T, S, ['X-B3-Sampled', ''])),
  malformed('sampled d', ISSUE, ...context(T, S, ['X-B3-Sampled', 'd'])),
  malformed('sampled nonsense alone', ISSUE, ['X-B3-Sampled', 'nope']),
  malformed('two decisions', ISSUE, ['X-B3-Sampled', '1'], ['X-B3-Sampled', '0']),
];
