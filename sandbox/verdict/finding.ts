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

/** A finding of one type. */
export type FindingOf<T extends Finding['type']> = Extract<Finding, { readonly type: T }>;

const descriptions: { readonly [T in Finding['type']]: (finding: FindingOf<T>) => string } = {
  'missing-span': ({ hop, under }) => `${hop.label} is missing${under ? ` under ${nameSpan(under)}` : ''}`,
  'unexpected-span': ({ span, under }) =>
    `${nameSpan(span)} is not in the shape${under ? `; it is under ${nameSpan(under)}` : ''}`,
  'repeated-span': ({ span, max }) => `${nameSpan(span)} is one too many: the shape has at most ${max}`,
  'forbidden-span': ({ span }) => `${nameSpan(span)} is forbidden`,
  'misplaced-span': ({ span, under, expectedUnder }) =>
    `${nameSpan(span)} is under ${under ? nameSpan(under) : 'no span'}; expected under ${expectedUnder}`,
  'wrong-value': ({ span, field, seen, expected }) => `${nameSpan(span)} has ${field} ${seen}; expected ${expected}`,
  'slow-span': ({ span, limit }) =>
    `${nameSpan(span)} took ${formatMicros(span.duration ?? 0)}; at most ${formatMicros(limit)} expected`,
  'orphan-span': ({ span }) => `${nameSpan(span)} has the parent ${span.parentId}, which is not in the trace`,
  cycle: ({ span }) => `${nameSpan(span)} is its own ancestor`,
  'second-root': ({ span, root }) => `${nameSpan(span)} is a second root beside ${nameSpan(root)}`,
  'cut-call': ({ span, answer }) => `${nameSpan(span)} called ${nameSpan(answer)} of trace ${answer.traceId}`,
  'second-trace': ({ traceId, otherTraceId }) =>
    `the answer names two traces, ${traceId} and ${otherTraceId}: two hops each began a trace for this request`,
  'reused-id': ({ span, first }) => `${nameSpan(span)} has the same id as ${labelOf(first)}`,
  'unlike-parents': ({ span, caller }) =>
    `${nameSpan(span)} has the parent ${span.parentId ?? 'none'}; its caller has ${caller.parentId ?? 'none'}`,
  'mixed-trace-ids': ({ span, expected }) => `${nameSpan(span)} has the trace id ${span.traceId}; expected ${expected}`,
  'mixed-requests': ({ span, seen, expected }) =>
    `${nameSpan(span)} has the x-request-id ${seen}; expected ${expected}`,
  'changed-decision': ({ at, before, after }) => `${at} received the sampling decision ${before} and sent ${after}`,
  'unfinished-span': ({ span }) =>
    `${nameSpan(span)} has no timestamp or no duration: it was not finished, or its end was not reported`,
  'negative-duration': ({ span }) => `${nameSpan(span)} has the duration ${span.duration} µs`,
  'wrong-unit': ({ span, unit }) => `${nameSpan(span)} has the timestamp ${span.timestamp}, which is in ${unit}`,
  'failed-span': ({ span, error }) => `${nameSpan(span)} failed: ${error}`,
  'outside-parent': ({ span, parent, how, micros }) =>
    `${nameSpan(span)} ${how} ${nameSpan(parent)} by ${formatMicros(micros)}`,
};

/** Describes a finding in one line. */
export function describeFinding<T extends Finding['type']>(finding: FindingOf<T>): string {
  const describe: (finding: FindingOf<T>) => string = descriptions[finding.type];
  return describe(finding);
}

/** Names a span as findings do: service, kind and id. */
function nameSpan(span: Span): string {
  return `${labelOf(span)} ${span.id}`;
}
