import type { IncomingHttpHeaders } from 'node:http';
import type { Headers } from 'node-fetch';
import { Request, type TraceId } from 'zipkin';
import type { TracingMode } from '../config.js';

/** Writes the context of a CLIENT span into the headers of its request. */
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
 * Picks the headers that a service copies from an incoming request to the requests that it sends because of it. With
 * tracing `on`, B3 is not copied: `injectContext` writes it. With `headers`, B3 is copied unchanged. With `off`,
 * nothing is.
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
 * Writes the context of a CLIENT span into the headers of its request, as multi-header B3. If a `traceparent` of the
 * same trace came in, it gets the new span id (https://www.w3.org/TR/trace-context/). A `traceparent` of another trace
 * is removed together with its `tracestate`.
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

/** The headers of the trace context, and those that a service forwards beside them. */
export const traceHeaders: readonly string[] = [...B3, ...CARRIED];
