import type { IncomingHttpHeaders } from 'node:http';

const MULTI = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'] as const;

/** Well-formed multi-header B3: lower-case, sampled `0` or `1`, flags `1` or absent; empty when there is no context. */
export type B3Headers = { readonly [name in (typeof MULTI)[number]]?: string };

type Fields = { readonly [field in 'traceId' | 'spanId' | 'parentId' | 'sampled' | 'flags']?: string | undefined };

const TRACE_ID = /^(?!0+$)(?:[0-9a-f]{16}|[0-9a-f]{32})$/;
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/;
const NO_PARENT = /^(?:0{16})?$/;
const decisionOf = (sampled: string) =>
  /^(1|true)$/.test(sampled) ? '1' : /^(0|false)$/.test(sampled) ? '0' : undefined;
const SINGLE = /^([0-9a-f]+)-([0-9a-f]+)(?:-([01d])(?:-([0-9a-f]+))?)?$/;

/** The fields of a single `b3` value, undefined when it has none of the forms that the specification gives it. */
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

/** The normalised headers of `fields`, empty when any of them is malformed: a context counts whole or not at all. */
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
 * Reads the B3 context of a request and gives only what is well formed by the B3 specification
 * (https://github.com/openzipkin/b3-propagation): ids (16 or 32 hex trace id, 16 hex span id, neither all zeros) with
 * an optional parent and decision, or a decision alone. Upper case is lower-cased. Anything else is dropped whole;
 * several values of one header, which Node joins with a comma, are malformed like any other.
 *
 * @param headers a request's headers; the single `b3` header is read when no multi-header id came
 * @returns multi-header B3, `{}` when there is none or it is malformed
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
