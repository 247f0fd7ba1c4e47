import type { IncomingHttpHeaders } from 'node:http';
import type { Headers } from 'node-fetch';
import { Request, type TraceId } from 'zipkin';
import type { TracingMode } from './config.js';

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
 * Picks what a service must carry from a request to the requests it makes because of it, B3 excepted: that comes from
 * the span (`injectContext`). An app that makes no span carries B3 too, as it came; one without tracing carries nothing.
 *
 * @param entered headers of the request that came in
 * @returns name → value, only what was there
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
 * The one place where trace context leaves the app: multi-header B3 of the span, and W3C Trace Context re-written from
 * the same span when its `traceparent` came in with the same trace id (a sidecar with USE_B3_WITH_W3C_PROPAGATION
 * writes both). A `traceparent` of another trace, or none, takes `tracestate` with it: it says nothing about this one.
 *
 * @param span the CLIENT span of the outgoing request
 * @param headers its headers, changed in place
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

const TRACE_HEADERS = [...B3, ...CARRIED];

/**
 * One line of the header log (TRACE_LOG=headers): the trace headers that entered or left this app for one request,
 * exactly as they were on the wire.
 *
 * @param at the app's name
 * @param direction `in` for the request that came, `out` for the one made because of it
 * @param header reads one header by its lower-case name
 * @returns JSON `{at, direction, requestId, headers}` without a line end; requestId is null when there was none
 */
export function headerLogLine(
  at: string,
  direction: 'in' | 'out',
  header: (name: string) => string | null | undefined,
): string {
  const headers: Record<string, string> = {};
  for (const name of TRACE_HEADERS) {
    const value = header(name);
    if (value != null) headers[name] = value;
  }
  return JSON.stringify({ at, direction, requestId: headers['x-request-id'] ?? null, headers });
}
