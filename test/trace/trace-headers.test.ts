import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readB3, readContext, type TraceContext } from '../../sandbox/trace/trace-headers.js';

const traceId = '80f198ee56343ba864fe8b2a57d3eff7';
const spanId = 'e457b5a2e4d86bd1';
const parentId = '05e3ac9a4f6e3b90';
const multi = { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId };

const cases: readonly (readonly [headers: Record<string, string>, context: TraceContext])[] = [
  [{}, { form: 'none' }],
  [multi, { traceId, spanId, form: 'multi' }],
  [
    { ...multi, 'x-b3-parentspanid': parentId, 'x-b3-sampled': '1' },
    { traceId, spanId, parentId, decision: '1', form: 'multi' },
  ],
  [
    { ...multi, 'x-b3-parentspanid': '' },
    { traceId, spanId, form: 'multi' },
  ],
  [
    { ...multi, 'x-b3-spanid': '' },
    { traceId, form: 'multi' },
  ],
  [
    { ...multi, 'x-b3-traceid': 'zzzz' },
    { spanId, form: 'multi' },
  ],
  [{ 'x-b3-sampled': 'false' }, { decision: '0', form: 'multi' }],
  [
    { 'x-b3-sampled': '0', 'x-b3-flags': '1' },
    { decision: 'd', form: 'multi' },
  ],
  [{ b3: '0' }, { decision: '0', form: 'single' }],
  [{ b3: `${traceId}-${spanId}-1-${parentId}` }, { traceId, spanId, parentId, decision: '1', form: 'single' }],
  [{ b3: 'garbage' }, { form: 'single' }],
  [
    { ...multi, b3: '0' },
    { traceId, spanId, form: 'multi' },
  ],
];

for (const [headers, context] of cases) {
  test(`headers: ${JSON.stringify(headers)}`, () => assert.deepEqual(readB3(headers), context));
}

const w3c = (flags: string) => ({ traceparent: `00-${traceId}-${spanId}-${flags}` });
const contexts: readonly (readonly [headers: Record<string, string>, context: Omit<TraceContext, 'form'>])[] = [
  [w3c('03'), { traceId, spanId, decision: '1' }],
  [w3c('00'), { traceId, spanId, decision: '0' }],
  [
    { ...w3c('00'), 'x-b3-sampled': '1' },
    { traceId, spanId, decision: '1' },
  ],
  [
    { ...w3c('00'), b3: `${parentId}-${parentId}` },
    { traceId: parentId, spanId: parentId },
  ],
  [{ traceresponse: `00-${traceId}-${spanId}-01` }, { traceId, spanId, decision: '1' }],
];

for (const [headers, context] of contexts) {
  test(`B3 before W3C: ${JSON.stringify(headers)}`, () => assert.deepEqual(readContext(headers), context));
}
