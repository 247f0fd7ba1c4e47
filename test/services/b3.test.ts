import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { type B3Headers, wellFormedB3 } from '../../services/tracing/b3.js';

const TRACE = '463ac35c9f6413ad48485a3953bb6124';
const TRACE_64 = '48485a3953bb6124';
const SPAN = 'a2fb4a1d1a96d312';
const PARENT = '0020000000000001';
const ZERO = '0000000000000000';

const ids = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN };
const traceId = (value: string) => ({ ...ids, 'x-b3-traceid': value });
const spanId = (value: string) => ({ ...ids, 'x-b3-spanid': value });
const sampled = (value: string) => ({ 'x-b3-sampled': value });
const parent = (value: string) => ({ 'x-b3-parentspanid': value });
const flags = (value: string) => ({ 'x-b3-flags': value });
const single = `${TRACE}-${SPAN}`;

/** A row for each rule of services/tracing/b3.ts. */
const KEPT: readonly (readonly [what: string, headers: IncomingHttpHeaders, kept: B3Headers])[] = [
  ['ids alone', ids, ids],
  [
    'ids, parent, accept',
    { ...ids, ...parent(PARENT), ...sampled('1') },
    { ...ids, ...parent(PARENT), ...sampled('1') },
  ],
  ['64-bit trace id, deny', { ...traceId(TRACE_64), ...sampled('0') }, { ...traceId(TRACE_64), ...sampled('0') }],
  ['zeros in one half of a trace id', traceId(TRACE_64 + ZERO), traceId(TRACE_64 + ZERO)],
  ['sampled true of old clients', { ...ids, ...sampled('true') }, { ...ids, ...sampled('1') }],
  ['sampled false of old clients', { ...ids, ...sampled('false') }, { ...ids, ...sampled('0') }],
  ['debug implies accept', { ...ids, ...flags('1'), ...sampled('0') }, { ...ids, ...flags('1') }],
  ['flags 0 says nothing', { ...ids, ...flags('0') }, ids],
  ['a decision alone', sampled('0'), sampled('0')],
  ['upper case', { ...traceId(TRACE.toUpperCase()), 'x-b3-spanid': SPAN.toUpperCase() }, ids],
  ['an empty parent is none', { ...ids, ...parent('') }, ids],
  ['a parent of zeros is none', { ...ids, ...parent(ZERO) }, ids],
  ['b3 with everything', { b3: `${single}-1-${PARENT}` }, { ...ids, ...parent(PARENT), ...sampled('1') }],
  ['b3 with debug and parent', { b3: `${single}-d-${PARENT}` }, { ...ids, ...parent(PARENT), ...flags('1') }],
  ['b3 that denies', { b3: '0' }, sampled('0')],
  ['b3 of debug', { b3: 'd' }, flags('1')],
  ['ids in several headers go before b3', { ...ids, ...sampled('1'), b3: '0' }, { ...ids, ...sampled('1') }],
  ['a decision alone goes after b3', { ...sampled('1'), b3: `${single}-0` }, { ...ids, ...sampled('0') }],
  ['a malformed b3 leaves the decision', { ...sampled('0'), b3: 'nonsense' }, sampled('0')],
];

const DROPPED: readonly (readonly [what: string, headers: IncomingHttpHeaders])[] = [
  ['trace id not hex', traceId('zzzz')],
  ['trace id of 36 digits', traceId(`${TRACE}0000`)],
  ['trace id of 15 digits', traceId(TRACE_64.slice(1))],
  ['trace id of zeros', traceId(ZERO + ZERO)],
  ['trace id only', { 'x-b3-traceid': TRACE, ...sampled('1') }],
  ['span id only', { 'x-b3-spanid': SPAN, ...sampled('0') }],
  ['parent only', { ...parent(PARENT), ...sampled('1') }],
  ['span id of zeros', spanId(ZERO)],
  ['a line end after the span id', spanId(`${SPAN}\n`)],
  ['two span ids as a list', { ...ids, 'x-b3-spanid': [SPAN, SPAN] }],
  ['parent of 32 digits', { ...ids, ...parent(TRACE) }],
  ['two decisions, joined by Node', { ...ids, ...sampled('1, 0') }],
  ['sampled alone, malformed', sampled('yes')],
  ['flags 1abc', { ...ids, ...flags('1abc') }],
  ['malformed ids are not mended by b3', { ...spanId('x'), b3: '1' }],
  ['b3 with a short parent', { b3: `${single}-1-${PARENT.slice(1)}` }],
  ['b3 with another decision', { b3: `${single}-c` }],
  ['b3 with a parent and no decision', { b3: `${single}-${PARENT}` }],
  ['b3 of zeros', { b3: `${ZERO}${ZERO}-${SPAN}-1` }],
];

for (const [what, headers, kept] of KEPT) test(`${what}: kept`, () => assert.deepEqual(wellFormedB3(headers), kept));
for (const [what, headers] of DROPPED) test(`${what}: dropped`, () => assert.deepEqual(wellFormedB3(headers), {}));
