import { isServing, requestIdTag, type Span } from '../trace/span.js';
import type { HeaderRecord } from '../trace/trace-headers.js';
import type { SpanPattern } from '../verdict/shape.js';
import { hasKind, hasService } from '../verdict/span-pattern.js';

/** The counters of one process for its own reports, during the request. */
export interface ReporterState {
  /** The name of its spans in Zipkin. */
  readonly service: string;
  readonly reporter: 'Envoy' | 'app';
  /** Spans or whole reports that it could not deliver. */
  readonly lost: number;
  readonly unit: 'spans' | 'reports';
}

/** What Zipkin's collector counted during the request, for the reports of all requests. */
export interface CollectorState {
  readonly messages: number;
  readonly messagesDropped: number;
  readonly spansDropped: number;
}

/** What is known about a request beside its trace. Each part may be absent. */
export interface Evidence {
  /** The spans of other traces, found by the same x-request-id or by about the same time. */
  readonly nearby?: readonly (readonly Span[])[];
  readonly reporters?: readonly ReporterState[];
  readonly collector?: CollectorState | undefined;
  /** The trace headers that entered and left the hops for this request. */
  readonly headers?: readonly HeaderRecord[];
}

/** The trace in which a request continued, and the span in it with which it continued. */
export interface OtherHalf {
  readonly traceId: string;
  readonly span: Span;
  /** How it was found: it names the caller's span id, it has the same x-request-id, or only the time fits. */
  readonly by: 'span id' | 'request id' | 'time';
  /** Whether that trace also contains other requests. */
  readonly hasOthers: boolean;
}

/**
 * Finds where the call of `caller` continued, if not in its own trace.
 *
 * @param expected the parts of the shape that are missing after the caller
 */
export function findOtherHalf(
  caller: Span,
  requestId: string | undefined,
  expected: readonly SpanPattern[],
  nearby: readonly (readonly Span[])[],
): OtherHalf | undefined {
  const others = nearby.filter(([first]) => first && first.traceId !== caller.traceId);
  const find = (by: OtherHalf['by'], fits: (span: Span) => boolean): OtherHalf | undefined => {
    // If each of two hops began a new trace, the first of the two is the other half.
    const span = earliest(others.flatMap((spans) => spans.filter((one) => isServing(one) && fits(one))));
    if (!span) return undefined;
    // A hop that got no x-request-id makes its own. So a half that is found by its time has an id of its own.
    const own = by === 'time' ? span.tags?.[requestIdTag] : requestId;
    const trace = others.find((spans) => spans.includes(span)) ?? [];
    const hasOthers = trace.some(({ tags }) => (tags?.[requestIdTag] ?? own) !== own);
    return { traceId: span.traceId, span, by, hasOthers };
  };
  const isExpected = (span: Span) => expected.some((part) => hasService(part, span) && hasKind(part, span));
  return (
    find('span id', (span) => span.id === caller.id || span.parentId === caller.id) ??
    (requestId === undefined ? undefined : find('request id', (span) => span.tags?.[requestIdTag] === requestId)) ??
    find('time', (span) => span.parentId === undefined && isExpected(span) && isWithin(span, caller))
  );
}

function earliest(spans: readonly Span[]): Span | undefined {
  return [...spans].sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0))[0];
}

/** Whether a span begins during another one. */
export function isWithin({ timestamp }: Span, outer: Span): boolean {
  if (timestamp === undefined || outer.timestamp === undefined) return false;
  return timestamp >= outer.timestamp && timestamp <= outer.timestamp + (outer.duration ?? 0);
}
