import { isServing, serviceOf } from '../trace/span.js';
import { type HeaderRecord, readB3 } from '../trace/trace-headers.js';
import type { SpanNode } from '../trace/tree.js';
import { serviceOfPattern } from '../verdict/span-pattern.js';
import type { Cause, Diagnosis } from './cause.js';
import type { OtherHalf } from './evidence.js';
import type { Gap } from './missing-parts.js';
import { nameShortly, type OpenFindings, shortId } from './open-findings.js';

/**
 * Finds what was wrong with the context that the caller above a gap sent, if its trace ends there. Undefined if nothing
 * is known to be wrong.
 */
export function brokenContext(
  inquiry: OpenFindings,
  gap: Gap,
  above: SpanNode,
  other: OtherHalf | undefined,
): Diagnosis | undefined {
  const deed = (other && deedByOtherHalf(above, other)) ?? deedByHeaders(inquiry, gap, above, other);
  if (!deed) return undefined;
  const { cause, hop, what } = deed;
  const began = other?.span.parentId === undefined && !other?.hasOthers ? 'began a new trace' : 'is in trace';
  const where = other ? `its call ${began} ${shortId(other.traceId)}` : 'its call is not in this trace';
  const text = `${hop} ${what}: ${where}; expected ${nameShortly(above.span)} as parent`;
  return { cause, hop, text, findings: gap.findings, ...(other && { otherTraceId: other.traceId }) };
}

interface Deed {
  readonly cause: Cause;
  readonly hop: string;
  /** What the hop did, for example `forwarded no B3 headers`. */
  readonly what: string;
}

function deedByOtherHalf({ span }: SpanNode, other: OtherHalf): Deed | undefined {
  const hop = serviceOf(span);
  if (span.traceId.endsWith(other.traceId)) {
    return { cause: 'trace-id-cut', hop, what: 'sent only the last 16 digits of the trace id' };
  }
  if (other.by === 'span id') {
    return { cause: 'trace-id-changed', hop, what: 'sent its span id with another trace id' };
  }
  return other.hasOthers ? { cause: 'stale-context', hop, what: 'sent the context of another request' } : undefined;
}

function deedByHeaders(inquiry: OpenFindings, { parts }: Gap, above: SpanNode, other?: OtherHalf): Deed | undefined {
  const hop = serviceOf(above.span);
  const callee = other ? serviceOf(other.span) : parts[0] ? serviceOfPattern(parts[0]) : '';
  const isProxy = above.span.tags?.component === 'proxy';
  const sent = headersSent(inquiry, above);
  const context = sent && readB3(sent.headers);
  const single = isProxy
    ? inquiry.evidence.headers?.find(
        ({ direction, headers }) => direction === 'out' && readB3(headers).form === 'single',
      )
    : context?.form === 'single' && sent;
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

/** Explains a gap whose caller sent the decision not to record. */
export function cutByDecision(inquiry: OpenFindings, { findings }: Gap, above: SpanNode): Diagnosis | undefined {
  const hop = serviceOf(above.span);
  const sent = headersSent(inquiry, above);
  const root = inquiry.verdict.tree.roots[0];
  if (!sent || !root || readB3(sent.headers).decision !== '0') return undefined;
  const text = `trace cut after ${hop}: it sent the sampling decision 0, but ${serviceOf(root.span)} had decided 1`;
  const changed = inquiry.open('changed-decision').filter(({ at }) => at === hop);
  return { cause: 'decision-changed', hop, text, findings: [...findings, ...changed] };
}

/** The headers that a caller sent with one call, if they are known. */
function headersSent({ evidence, nodes }: OpenFindings, { span }: SpanNode): HeaderRecord | undefined {
  const sent = (evidence.headers ?? []).filter(({ at, direction }) => at === serviceOf(span) && direction === 'out');
  const ofThisCall = sent.find(({ headers }) => readB3(headers).spanId === span.id);
  const calls = new Set(nodes.flatMap((node) => (isServing(node.span) ? [] : node.span.id)));
  return ofThisCall ?? sent.find(({ headers }) => !calls.has(readB3(headers).spanId ?? ''));
}
