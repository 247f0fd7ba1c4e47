import type { IncomingHttpHeaders } from 'node:http';
import type { Headers } from 'node-fetch';
import { Request, type TraceId } from 'zipkin';
import type { TracingMode } from '../config.js';

/** Writes the context of `span` into the headers of the request that the span is about. */
export type Inject = (span: TraceId, headers: Headers) => void;

const CARRIED = ['x-request-id', 'baggage', 'traceparent', 'tracestate'] as const;
const B3 = ['b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'] as const;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

const CARRIED_BY: Readonly<Record<TracingMode, readonly string[]>> = {
  on: CARRIED,
  headers: [...CARRIED, ...B3],
  off: [],
};

/**
 * Picks the headers that a service carries from a request to the requests that it makes because of it. B3 comes from the span
 * (`injectContext`). An app that makes no span carries B3 as it came; one without tracing carries nothing.
 */
export function carriedHeaders(entered: IncomingHttpHeaders, tracing: TracingMode = 'on'): Record<string, string> {
  const carried: Record<string, string> = {};
  for (const name of CARRIED_BY[tracing]) {
    const value = entered[name];
    if (typeof value === 'string') carried[name] = value;
  }
  return carried;
}

/**
 * Writes the context of a CLIENT span into the headers of its request: B3 in several headers, and `traceparent` where one of
 * the same trace came in (https://www.w3.org/TR/trace-context/). A `traceparent` of another trace goes, and `tracestate` with
 * it: it says nothing about this trace.
 */
export const injectContext: Inject = (span, headers) => {
  for (const name of B3) headers.delete(name);
  const { headers: b3 } = Request.addZipkinHeaders<object, Record<string, string>>({}, span);
  for (const [name, value] of Object.entries(b3)) headers.set(name, value);

  const traceId = span.traceId.padStart(32, '0');
  if (TRACEPARENT.exec(headers.get('traceparent') ?? '')?.[1] === traceId) {
    headers.set('traceparent', `00-${traceId}-${span.spanId}-${span.sampled.getOrElse(false) ? '01' : '00'}`);
  } else {
    headers.delete('traceparent');
    headers.delete('tracestate');
  }
};

/** Every header that carries trace context, or is carried on beside it. */
export const traceHeaders: readonly string[] = [...B3, ...CARRIED];
