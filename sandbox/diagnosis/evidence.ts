import { beginsWithin, isServing, requestIdOf, type Span } from '../trace/span.js';
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
  /** Whether it still had reports or spans to deliver at the end. */
  readonly isReporting: boolean;
}

/** Says how much a process lost: `12 reports`, `1 span`. */
export function describeLost({ lost, unit }: ReporterState): string {
  return `${lost} ${lost === 1 ? unit.slice(0, -1) : unit}`;
}

/** What is known about a request beside its trace. Each part may be absent. */
export interface Evidence {
  /** The spans of other traces, found by the same x-request-id or by about the same time. */
  readonly nearby?: readonly (readonly Span[])[];
  readonly reporters?: readonly ReporterState[];
  /** What Zipkin's collector counted during the request, for the reports of all requests. */
  readonly collector?: Readonly<Record<'messages' | 'messagesDropped' | 'spansDropped', number>> | undefined;
  /** The trace headers that entered and left the hops for this request. */
  readonly headers?: readonly HeaderRecord[];
}

/** The span of another trace with which a request continued. */
export interface OtherHalf {
  readonly span: Span;
  /** Whether that trace also contains other requests. */
  readonly hasOthers: boolean;
}

/**
 * Finds where the call of `caller` continued, if not in its own trace: by the caller's span id, else by the
 * x-request-id, else by the time.
 *
 * @param expected the parts of the shape that are missing after the caller
 */
export function findOtherHalf(
  caller: Span,
  requestId: string | undefined,
  expected: readonly SpanPattern[],
  nearby: Evidence['nearby'] = [],
): OtherHalf | undefined {
  const others = nearby.filter(([first]) => first && first.traceId !== caller.traceId);
  // If each of two hops began a new trace, the first of the two is the other half.
  const serving = others
    .flatMap((spans) => spans.filter(isServing))
    .sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
  const isExpected = (span: Span) => expected.some((part) => hasService(part, span) && hasKind(part, span));
  const known =
    serving.find((span) => span.id === caller.id || span.parentId === caller.id) ??
    serving.find((span) => requestId !== undefined && requestIdOf(span) === requestId);
  const span =
    known ?? serving.find((one) => one.parentId === undefined && isExpected(one) && beginsWithin(one, caller));
  if (!span) return undefined;
  // A hop that got no x-request-id makes its own. So a half that is found by its time has an id of its own.
  const own = known ? requestId : requestIdOf(span);
  const trace = others.find((spans) => spans.includes(span)) ?? [];
  return { span, hasOthers: trace.some((one) => (requestIdOf(one) ?? own) !== own) };
}
