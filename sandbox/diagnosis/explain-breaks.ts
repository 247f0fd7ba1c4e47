import { groupBy } from '../trace/lists.js';
import { isServing, noService, requestIdOf, type Span, serviceOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import { labelOfPattern, serviceOfPattern } from '../verdict/span-pattern.js';
import { contextFault, decisionSent, faultOfIds } from './context-fault.js';
import { findOtherHalf } from './evidence.js';
import { explainNoTrace, explainUnreported } from './explain-unreported.js';
import { findGaps, type Gap } from './missing-parts.js';
import type { OpenFindings } from './open-findings.js';
import { listOf, moreLikeIt, nameShortly, shortId } from './wording.js';

/** Explains missing spans: context that was not forwarded, spans that were not reported, hops that were bypassed. */
export function explainBreaks(inquiry: OpenFindings): void {
  const gaps = findGaps(inquiry);
  if (inquiry.verdict.tree.nodes.length === 0) {
    for (const gap of gaps) explainNoTrace(inquiry, gap);
  } else {
    const unexplained = gaps.filter((gap) => !explainGap(inquiry, gap));
    explainUnreported(inquiry, unexplained);
  }
  explainCutCalls(inquiry);
  explainOrphans(inquiry);
}

/** @returns whether the gap is explained; if not, its spans were only not reported */
function explainGap(inquiry: OpenFindings, gap: Gap): boolean {
  const { above, beyond } = gap;
  const [first] = beyond;
  if (above && !first) return explainEnd(inquiry, gap, above);
  if (above && first && beyond.every((node) => isDirectCall(above, node))) explainBypass(inquiry, gap, above, first);
  else if (!above && first && !first.detached) explainBeginning(inquiry, gap, first);
  else return false;
  return true;
}

/** Explains a gap at which the trace ends, because the request continued in another trace or unrecorded. */
function explainEnd(inquiry: OpenFindings, { parts, findings }: Gap, above: SpanNode): boolean {
  const { evidence, verdict } = inquiry;
  const hop = serviceOf(above.span);
  const other = findOtherHalf(above.span, verdict.tree.requestId, parts, evidence.nearby);
  const fault = contextFault(inquiry, parts, above, other);
  if (fault) {
    const began = other?.span.parentId === undefined && !other?.hasOthers ? 'began a new trace' : 'is in trace';
    const where = other ? `its call ${began} ${shortId(other.span.traceId)}` : 'its call is not in this trace';
    const text = `${fault.hop} ${fault.what}: ${where}; expected ${nameShortly(above.span)} as parent`;
    inquiry.conclude(fault.cause, fault.hop, text, findings, other?.span);
    return true;
  }
  const [root] = verdict.tree.roots;
  if (root && decisionSent(inquiry, above) === '0') {
    const text = `trace cut after ${hop}: it sent the sampling decision 0, but ${serviceOf(root.span)} had decided 1`;
    const changed = inquiry.open('changed-decision').filter(({ at }) => at === hop);
    inquiry.conclude('decision-changed', hop, text, [...findings, ...changed]);
    return true;
  }
  const services = new Set(parts.map(serviceOfPattern));
  const reporters = (evidence.reporters ?? []).filter(({ service }) => services.has(service));
  if (services.size === 1 || reporters.some(({ lost, isReporting }) => lost > 0 || isReporting)) return false;
  const isUnlost = [...services].every((service) => reporters.some((reporter) => reporter.service === service));
  const why = isUnlost
    ? 'and lost none, so the sampling decision that they got was probably 0'
    : `so ${hop} sent the sampling decision 0, or they all lost their spans`;
  const text = `trace cut after ${hop}: ${listOf(services)} recorded no span of this request, ${why}`;
  inquiry.conclude(isUnlost ? 'decision-changed' : 'trace-cut', hop, text, findings);
  return true;
}

/** Explains a trace that begins in the middle of its shape: the caller of its first span sent no context. */
function explainBeginning(inquiry: OpenFindings, { parts, findings }: Gap, { span }: SpanNode): void {
  const { requestId } = inquiry.verdict.tree;
  const caller = parts.at(-1);
  const hop = caller ? serviceOfPattern(caller) : '';
  const isOther = (one: Span) =>
    one.traceId !== span.traceId && requestId !== undefined && requestIdOf(one) === requestId;
  const other = inquiry.evidence.nearby?.flat().find(isOther);
  const which = other ? `trace ${shortId(other.traceId)}` : 'another trace';
  const text = `${hop} forwarded no B3 headers, or not all of them: this trace begins at ${nameShortly(span)}; the first half of this request is ${which}`;
  inquiry.conclude('context-dropped', hop, text, findings, other);
}

/** Whether the caller called the server directly. Otherwise something between them did not report. */
function isDirectCall(above: SpanNode, { span, parent }: SpanNode): boolean {
  if (parent !== above || isServing(above.span) || !isServing(span)) return false;
  return span.id === above.span.id || (!span.shared && span.parentId === above.span.id);
}

function explainBypass(inquiry: OpenFindings, { parts, findings }: Gap, { span }: SpanNode, server: SpanNode): void {
  const hop = serviceOf(span);
  const bypassed = `${listOf(parts.map(serviceOfPattern))}: ${listOf(parts.map(labelOfPattern))} are missing`;
  const text = `${hop} called ${serviceOf(server.span)} directly and bypassed ${bypassed}, and caller and server share span id ${shortId(span.id)}`;
  inquiry.conclude('hop-bypassed', hop, text, findings);
}

/** Explains calls that continued in another trace, if no shape says what is missing. */
function explainCutCalls(inquiry: OpenFindings): void {
  for (const finding of inquiry.open('cut-call')) {
    const { span, answer } = finding;
    const hop = serviceOf(span);
    const unread = `forwarded no trace context, or ${serviceOf(answer) || noService} did not read it`;
    const { cause, what } = faultOfIds(span, answer) ?? { cause: 'context-dropped', what: unread };
    const text = `${hop} ${what}: its call ${nameShortly(span)} continued in trace ${shortId(answer.traceId)}`;
    inquiry.conclude(cause, hop, text, [finding], answer);
  }
}

/** Explains spans whose parent is missing, if the shape does not say which span that is. */
function explainOrphans(inquiry: OpenFindings): void {
  const spansById = new Map(inquiry.evidence.nearby?.flat().map((span) => [span.id, span]));
  for (const findings of groupBy(inquiry.open('orphan-span'), ({ span }) => span.parentId)) {
    const [{ span }] = findings;
    const { traceId, parentId = '' } = span;
    const hop = serviceOf(span);
    const other = spansById.get(parentId);
    const about = `${nameShortly(span)} has the parent ${shortId(parentId)}`;
    if (other && other.traceId !== traceId) {
      const text = `${about}, which is ${nameShortly(other)} of trace ${shortId(other.traceId)}: its caller sent the span id of another request`;
      inquiry.conclude('stale-span-id', hop, `${text}${moreLikeIt(findings)}`, findings, other);
      continue;
    }
    const whose = isServing(span) ? `the caller of ${hop || noService}` : hop || noService;
    const text = `${about}, which is not in this trace: ${whose} did not report it, or the report was lost`;
    inquiry.conclude('not-reported', hop, `${text}${moreLikeIt(findings)}`, findings);
  }
}
