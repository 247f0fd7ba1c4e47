import { isServing, type Span, serviceOf } from '../trace/span.js';
import { type HeaderRecord, readB3, type TraceContext } from '../trace/trace-headers.js';
import type { SpanNode } from '../trace/tree.js';
import type { SpanPattern } from '../verdict/shape.js';
import { serviceOfPattern } from '../verdict/span-pattern.js';
import type { Cause } from './cause.js';
import type { OtherHalf } from './evidence.js';
import type { OpenFindings } from './open-findings.js';

/** What a hop did wrong with the trace context. */
interface ContextFault {
  readonly cause: Cause;
  readonly hop: string;
  /** For example `forwarded no B3 headers`. */
  readonly what: string;
}

/**
 * Finds what was wrong with the context that the caller above a gap sent, if its trace ends there.
 *
 * @param missing the parts of the shape in the gap
 * @param other where the request continued, if that is known
 * @returns undefined if nothing is known to be wrong
 */
export function contextFault(
  inquiry: OpenFindings,
  missing: readonly SpanPattern[],
  above: SpanNode,
  other: OtherHalf | undefined,
): ContextFault | undefined {
  const hop = serviceOf(above.span);
  const byIds = other && faultOfIds(above.span, other.span);
  if (byIds) return byIds;
  if (other?.hasOthers) return { cause: 'stale-context', hop, what: 'sent the context of another request' };
  const callee = other ? serviceOf(other.span) : missing[0] ? serviceOfPattern(missing[0]) : '';
  const isProxy = above.span.tags?.component === 'proxy';
  const sent = headersSent(inquiry, above);
  const context = sent && readB3(sent.headers);
  const isSingle = ({ direction, headers }: HeaderRecord) => direction === 'out' && readB3(headers).form === 'single';
  const single = (isProxy ? inquiry.evidence.headers : sent && [sent])?.find(isSingle);
  if (single) {
    const what = `forwarded only the single b3 header, which ${callee} did not read`;
    return { cause: 'b3-single-only', hop: single.at, what };
  }
  if (context?.form === 'none') return { cause: 'context-dropped', hop, what: 'forwarded no B3 headers' };
  if (context?.decision === '0') return undefined;
  if (context?.traceId && !context.spanId) {
    return { cause: 'span-id-dropped', hop, what: 'forwarded a trace id without a span id' };
  }
  if (context && !context.traceId) return { cause: 'context-malformed', hop, what: 'forwarded malformed B3 headers' };
  if (!other) return undefined;
  if (context || isProxy) {
    return { cause: 'context-ignored', hop: callee, what: `did not join the trace that ${hop} sent` };
  }
  return { cause: 'context-dropped', hop, what: 'forwarded no B3 headers, or not all of them' };
}

/** What a caller did to its ids, if a span of another trace that answers its call shows it. */
export function faultOfIds(caller: Span, answer: Span): ContextFault | undefined {
  const hop = serviceOf(caller);
  if (caller.traceId.endsWith(answer.traceId)) {
    return { cause: 'trace-id-cut', hop, what: 'sent only the last 16 digits of the trace id' };
  }
  if (answer.id !== caller.id && answer.parentId !== caller.id) return undefined;
  return { cause: 'trace-id-changed', hop, what: 'sent its span id with another trace id' };
}

/** The sampling decision that a caller sent with one call, if it is known. */
export function decisionSent(inquiry: OpenFindings, caller: SpanNode): TraceContext['decision'] {
  const sent = headersSent(inquiry, caller);
  return sent && readB3(sent.headers).decision;
}

/** The headers that a caller sent with one call, if they are known. */
function headersSent({ evidence, verdict }: OpenFindings, { span }: SpanNode): HeaderRecord | undefined {
  const sent = (evidence.headers ?? []).filter(({ at, direction }) => at === serviceOf(span) && direction === 'out');
  const ofThisCall = sent.find(({ headers }) => readB3(headers).spanId === span.id);
  const calls = new Set(verdict.tree.nodes.flatMap((node) => (isServing(node.span) ? [] : node.span.id)));
  return ofThisCall ?? sent.find(({ headers }) => !calls.has(readB3(headers).spanId ?? ''));
}
