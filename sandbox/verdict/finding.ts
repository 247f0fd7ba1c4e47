import { formatMicros } from '../trace/duration.js';
import { labelOf, type Span } from '../trace/span.js';

/** The hop that a finding is about: `label` for example `cart-app CLIENT`, `path` its place in the shape file. */
export interface Hop {
  readonly label: string;
  readonly path: string;
}

/** One way in which a trace differs from its shape. */
export type ShapeFinding =
  | { readonly type: 'missing-span'; readonly hop: Hop; readonly under?: Span }
  | { readonly type: 'unexpected-span'; readonly span: Span; readonly under?: Span }
  | { readonly type: 'repeated-span'; readonly hop: Hop; readonly span: Span; readonly max: number }
  | { readonly type: 'forbidden-span'; readonly hop: Hop; readonly span: Span }
  | {
      readonly type: 'misplaced-span';
      readonly hop: Hop;
      readonly span: Span;
      readonly expectedUnder: string;
      readonly under?: Span;
    }
  | {
      readonly type: 'wrong-value';
      readonly hop: Hop;
      readonly span: Span;
      /** `service`, `kind`, `shared`, `name` or `tag <its name>`. */
      readonly field: string;
      readonly expected: string;
      readonly seen: string;
    }
  /** `limit` in microseconds. */
  | { readonly type: 'slow-span'; readonly hop: Hop; readonly span: Span; readonly limit: number };

/** One fault of a trace that does not depend on its shape. */
export type TraceFinding =
  | { readonly type: 'orphan-span'; readonly span: Span }
  | { readonly type: 'cycle'; readonly span: Span }
  | { readonly type: 'second-root'; readonly span: Span; readonly root: Span }
  /** The server that this call reached has its span in another trace. */
  | { readonly type: 'cut-call'; readonly span: Span; readonly answer: Span }
  /** The answer to the request names a second trace. */
  | { readonly type: 'second-trace'; readonly traceId: string; readonly otherTraceId: string }
  /** Two callers, or two servers, have the same span id. */
  | { readonly type: 'reused-id'; readonly span: Span; readonly first: Span }
  /** Caller and server have the same id but different parents. */
  | { readonly type: 'unlike-parents'; readonly span: Span; readonly caller: Span }
  | { readonly type: 'mixed-trace-ids'; readonly span: Span; readonly expected: string }
  | { readonly type: 'mixed-requests'; readonly span: Span; readonly expected: string; readonly seen: string }
  | { readonly type: 'changed-decision'; readonly at: string; readonly before: string; readonly after: string }
  | { readonly type: 'unfinished-span'; readonly span: Span }
  | { readonly type: 'negative-duration'; readonly span: Span }
  /** The timestamp of the span is not in microseconds. */
  | { readonly type: 'wrong-unit'; readonly span: Span; readonly unit: string }
  | { readonly type: 'failed-span'; readonly span: Span; readonly error: string }
  /**
   * Microseconds by which the span began before its parent, began after the end of its parent, or ended after its
   * parent.
   */
  | {
      readonly type: 'outside-parent';
      readonly span: Span;
      readonly parent: Span;
      readonly how: 'starts before' | 'starts after the end of' | 'ends after';
      readonly micros: number;
    };

/** One fault of a trace. It can be written as JSON. */
export type Finding = ShapeFinding | TraceFinding;

/** Describes a finding in one line. */
export function describeFinding(finding: Finding): string {
  if (finding.type === 'changed-decision') {
    return `${finding.at} received the sampling decision ${finding.before} and sent ${finding.after}`;
  }
  if (finding.type === 'missing-span') {
    return `${finding.hop.label} is missing${finding.under ? ` under ${nameSpan(finding.under)}` : ''}`;
  }
  if (finding.type === 'second-trace') {
    return `the answer names two traces, ${finding.traceId} and ${finding.otherTraceId}: two hops each began a trace for this request`;
  }
  return `${nameSpan(finding.span)} ${describeSpan(finding)}`;
}

/** Names a span as findings do: service, kind and id. */
function nameSpan(span: Span): string {
  return `${labelOf(span)} ${span.id}`;
}

function describeSpan(finding: Extract<Finding, { span: Span }>): string {
  switch (finding.type) {
    case 'unexpected-span':
      return `is not in the shape${finding.under ? `; it is under ${nameSpan(finding.under)}` : ''}`;
    case 'repeated-span':
      return `is one too many: the shape has at most ${finding.max}`;
    case 'forbidden-span':
      return 'is forbidden';
    case 'misplaced-span':
      return `is under ${finding.under ? nameSpan(finding.under) : 'no span'}; expected under ${finding.expectedUnder}`;
    case 'wrong-value':
      return `has ${finding.field} ${finding.seen}; expected ${finding.expected}`;
    case 'slow-span':
      return `took ${formatMicros(finding.span.duration ?? 0)}; at most ${formatMicros(finding.limit)} expected`;
    case 'orphan-span':
      return `has the parent ${finding.span.parentId}, which is not in the trace`;
    case 'cut-call':
      return `called ${nameSpan(finding.answer)} of trace ${finding.answer.traceId}`;
    case 'cycle':
      return 'is its own ancestor';
    case 'second-root':
      return `is a second root beside ${nameSpan(finding.root)}`;
    case 'reused-id':
      return `has the same id as ${labelOf(finding.first)}`;
    case 'unlike-parents':
      return `has the parent ${finding.span.parentId ?? 'none'}; its caller has ${finding.caller.parentId ?? 'none'}`;
    case 'mixed-trace-ids':
      return `has the trace id ${finding.span.traceId}; expected ${finding.expected}`;
    case 'mixed-requests':
      return `has the x-request-id ${finding.seen}; expected ${finding.expected}`;
    case 'unfinished-span':
      return 'has no timestamp or no duration: it was not finished, or its end was not reported';
    case 'wrong-unit':
      return `has the timestamp ${finding.span.timestamp}, which is in ${finding.unit}`;
    case 'negative-duration':
      return `has the duration ${finding.span.duration} µs`;
    case 'failed-span':
      return `failed: ${finding.error}`;
    case 'outside-parent':
      return `${finding.how} ${nameSpan(finding.parent)} by ${formatMicros(finding.micros)}`;
  }
}
