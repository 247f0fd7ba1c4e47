import type { IncomingHttpHeaders } from 'node:http';

const MULTI = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'] as const;

/**
 * Well-formed multi-header B3: in lower case, sampled `0` or `1`, flags `1` or absent. Empty where there is no context.
 */
export type B3Headers = { readonly [name in (typeof MULTI)[number]]?: string };

type Fields = { readonly [field in 'traceId' | 'spanId' | 'parentId' | 'sampled' | 'flags']?: string | undefined };

const TRACE_ID = /^(?!0+$)(?:[0-9a-f]{16}|[0-9a-f]{32})$/;
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/;
const NO_PARENT = /^(?:0{16})?$/;
const decisionOf = (sampled: string) =>
  /^(1|true)$/.test(sampled) ? '1' : /^(0|false)$/.test(sampled) ? '0' : undefined;
const SINGLE = /^([0-9a-f]+)-([0-9a-f]+)(?:-([01d])(?:-([0-9a-f]+))?)?$/;

/** Reads the fields of a single `b3` header. Undefined where the value has none of the forms of the specification. */
function singleFields(b3: string): Fields | undefined {
  if (b3 === 'd') return { flags: '1' };
  if (b3 === '0' || b3 === '1') return { sampled: b3 };
  const parts = SINGLE.exec(b3);
  if (parts === null) return undefined;
  const [, traceId, spanId, decision, parentId] = parts;
  return decision === 'd'
    ? { traceId, spanId, parentId, flags: '1' }
    : { traceId, spanId, parentId, sampled: decision };
}

/**
 * Writes the fields as multi-header B3. Empty where one field is malformed, because half a context is worse than none.
 */
function normalised({ traceId, spanId, parentId = '', sampled, flags = '0' }: Fields): B3Headers {
  const decision = sampled === undefined ? undefined : decisionOf(sampled);
  if (sampled !== undefined && decision === undefined) return {};
  if (flags !== '0' && flags !== '1') return {};
  const kept: B3Headers =
    flags === '1' ? { 'x-b3-flags': '1' } : decision === undefined ? {} : { 'x-b3-sampled': decision };

  if (traceId === undefined && spanId === undefined) return NO_PARENT.test(parentId) ? kept : {};
  if (traceId === undefined || spanId === undefined) return {};
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) return {};
  const ids = { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId };
  if (NO_PARENT.test(parentId)) return { ...ids, ...kept };
  return SPAN_ID.test(parentId) ? { ...ids, 'x-b3-parentspanid': parentId, ...kept } : {};
}

/**
 * Reads the B3 context of a request and checks it against the B3 specification
 * (https://github.com/openzipkin/b3-propagation). A context is either ids or a sampling decision alone. Ids are a trace
 * id of 16 or 32 hex digits and a span id of 16, not all zeros, with an optional parent id and decision. Upper case
 * becomes lower case. Several values of one header, which Node joins with a comma, are malformed.
 *
 * @param headers a request's headers; the single `b3` header counts only where no `x-b3-traceid` and no `x-b3-spanid`
 *   came
 * @returns multi-header B3; `{}` where there is no context or a malformed one
 */
export function wellFormedB3(headers: IncomingHttpHeaders): B3Headers {
  const value = (name: string): string | undefined => headers[name]?.toString().toLowerCase();
  const traceId = value('x-b3-traceid');
  const spanId = value('x-b3-spanid');
  const b3 = value('b3');
  if (b3 !== undefined && traceId === undefined && spanId === undefined) {
    const single = singleFields(b3);
    if (single !== undefined) return normalised(single);
  }
  return normalised({
    traceId,
    spanId,
    parentId: value('x-b3-parentspanid'),
    sampled: value('x-b3-sampled'),
    flags: value('x-b3-flags'),
  });
}
