import { isServing, type Span, serviceOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import type { Finding } from '../verdict/finding.js';
import { explainReusedIds } from './explain-reused-ids.js';
import { type OpenFindings, pathAbove, spansBelow } from './open-findings.js';
import { listOf, nameShortly, shortId } from './wording.js';

/** Findings that follow from a wrong id or parent and say nothing more. */
const consequences: readonly Finding['type'][] = [
  ...(['misplaced-span', 'orphan-span', 'second-root', 'reused-id', 'unlike-parents', 'outside-parent'] as const),
];

/** Explains spans in the wrong place of their trace: a caller sent ids that were not its own. */
export function explainIds(inquiry: OpenFindings): void {
  for (const { span, hop } of inquiry.open('misplaced-span')) explainMisplaced(inquiry, span, hop.path);
  explainOtherRequests(inquiry);
  explainReusedIds(inquiry, consequences);
  for (const finding of inquiry.open('unlike-parents')) {
    const { span, caller } = finding;
    const service = serviceOf(caller);
    const parent = span.parentId && shortId(span.parentId);
    const sent = parent ? `sent the parent span id ${parent}` : 'sent no parent span id, or an empty one';
    const own = `${nameShortly(span)} has ${parent ? `the parent ${parent}` : 'no parent'}`;
    const text = `${service} ${sent}: ${own}, but its caller ${nameShortly(caller)} has ${shortId(caller.parentId ?? 'none')}`;
    inquiry.conclude('parent-dropped', service, text, [finding]);
  }
}

function explainMisplaced(inquiry: OpenFindings, span: Span, path: string): void {
  const node = inquiry.nodeOf(span);
  const [caller] = inquiry.spansOf(inquiry.part(pathAbove(path)));
  if (!node || !caller || !isServing(span)) return;
  const service = serviceOf(caller.span);
  const findings = inquiry.openAbout([span], ...consequences);
  const expected = `expected ${nameShortly(caller.span)} as parent of ${nameShortly(span)}`;
  const sent = span.shared || node.parent?.span.id === span.id ? span.id : span.parentId;
  if (sent === undefined) {
    const text = `${service} sent its trace id without a span id: ${expected}`;
    inquiry.conclude('span-id-dropped', service, text, findings);
  } else if (hasAncestor(caller, (above) => above.span.id === sent)) {
    const text = `${service} reused its parent's span id: it sent ${shortId(sent)} instead of its own ${shortId(caller.span.id)}; ${expected}`;
    inquiry.conclude('span-id-reused', service, text, findings);
  } else {
    const isOrigin = (one: Span) => one.id === sent && one.traceId !== span.traceId && serviceOf(one) === service;
    const other = inquiry.evidence.nearby?.flat().find(isOrigin);
    const origin = other ? `that of its call in trace ${shortId(other.traceId)}` : 'of no span in this trace';
    const text = `${service} sent a stale span id, ${shortId(sent)}, which is ${origin}: ${expected}`;
    inquiry.conclude('stale-span-id', service, text, findings, other);
  }
}

/** Explains spans of other requests: a hop kept the context of this trace and sent it with them too. */
function explainOtherRequests(inquiry: OpenFindings): void {
  const requests = inquiry.open('mixed-requests');
  const mixed = new Set(requests.flatMap(({ span }) => inquiry.nodeOf(span) ?? []));
  const tops = [...mixed].filter((node) => !hasAncestor(node, (above) => mixed.has(above)));
  const [first] = tops;
  if (!first) return;
  const types = [...consequences, 'mixed-requests', 'repeated-span', 'unexpected-span'] as const;
  const findings = inquiry.openAbout(tops.flatMap(spansBelow), ...types);
  const hop = serviceOf((first.parent ?? first).span);
  const ids = listOf(requests.map(({ seen }) => shortId(seen)));
  const text = `${hop} used the context of this trace for other requests too (x-request-id ${ids}): it kept the context after the request`;
  inquiry.conclude('stale-context', hop, text, findings);
}

function hasAncestor({ parent }: SpanNode, fits: (node: SpanNode) => boolean): boolean {
  let at = parent;
  while (at && !fits(at)) at = at.parent;
  return at !== undefined;
}
