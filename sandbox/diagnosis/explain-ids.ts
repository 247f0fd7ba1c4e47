import { isServing, type Span, serviceOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import type { Finding } from '../verdict/finding.js';
import { explainReusedIds } from './explain-reused-ids.js';
import { listOf, nameShortly, type OpenFindings, shortId, spansBelow } from './open-findings.js';

/** Findings that follow from a wrong id or parent and say nothing more. */
const consequences: readonly Finding['type'][] = [
  'misplaced-span',
  'orphan-span',
  'second-root',
  'reused-id',
  'unlike-parents',
  'outside-parent',
];

/** Explains spans in the wrong place of their trace: a caller sent ids that were not its own. */
export function explainIds(inquiry: OpenFindings): void {
  for (const { span, hop } of inquiry.open('misplaced-span')) explainMisplaced(inquiry, span, hop.path);
  explainOtherRequests(inquiry);
  explainReusedIds(inquiry);
  for (const finding of inquiry.open('unlike-parents')) {
    const { span, caller } = finding;
    const service = serviceOf(caller);
    const sent = span.parentId
      ? `sent the parent span id ${shortId(span.parentId)}`
      : 'sent no parent span id, or an empty one';
    const own = `${nameShortly(span)} has ${span.parentId ? `the parent ${shortId(span.parentId)}` : 'no parent'}`;
    const text = `${service} ${sent}: ${own}, but its caller ${nameShortly(caller)} has ${shortId(caller.parentId ?? 'none')}`;
    inquiry.conclude({ cause: 'parent-dropped', hop: service, text, findings: [finding] });
  }
}

function explainMisplaced(inquiry: OpenFindings, span: Span, path: string): void {
  const node = inquiry.nodeOf(span);
  const [caller] = inquiry.spansOf(inquiry.partAbove(path));
  if (!node || !caller || !isServing(span)) return;
  const service = serviceOf(caller.span);
  const findings = inquiry.openAbout([span], ...consequences);
  const expected = `expected ${nameShortly(caller.span)} as parent of ${nameShortly(node.span)}`;
  const sent = span.shared || node.parent?.span.id === span.id ? span.id : span.parentId;
  if (sent === undefined) {
    const text = `${service} sent its trace id without a span id: ${expected}`;
    inquiry.conclude({ cause: 'span-id-dropped', hop: service, text, findings });
    return;
  }
  for (let at = caller.parent; at; at = at.parent) {
    if (at.span.id !== sent) continue;
    const text = `${service} reused its parent's span id: it sent ${shortId(sent)} instead of its own ${shortId(caller.span.id)}; ${expected}`;
    inquiry.conclude({ cause: 'span-id-reused', hop: service, text, findings });
    return;
  }
  const other = (inquiry.evidence.nearby ?? [])
    .flat()
    .find((one) => one.id === sent && one.traceId !== span.traceId && serviceOf(one) === service);
  const origin = other ? `that of its call in trace ${shortId(other.traceId)}` : 'of no span in this trace';
  inquiry.conclude({
    cause: 'stale-span-id',
    hop: service,
    text: `${service} sent a stale span id, ${shortId(sent)}, which is ${origin}: ${expected}`,
    findings,
    ...(other && { otherTraceId: other.traceId }),
  });
}

/** Explains spans of other requests: a hop kept the context of this trace and sent it with them too. */
function explainOtherRequests(inquiry: OpenFindings): void {
  const mixed = new Set(inquiry.open('mixed-requests').flatMap(({ span }) => inquiry.nodeOf(span) ?? []));
  const tops = [...mixed].filter((node) => !hasAncestor(node, mixed));
  if (tops.length === 0) return;
  const spans = tops.flatMap(spansBelow);
  const findings = inquiry.openAbout(spans, ...consequences, 'mixed-requests', 'repeated-span', 'unexpected-span');
  const hop = serviceOf(tops[0]?.parent?.span ?? tops[0]?.span ?? { traceId: '', id: '' });
  const requests = inquiry.open('mixed-requests').map(({ seen }) => shortId(seen));
  const text = `${hop} used the context of this trace for other requests too (x-request-id ${listOf(requests)}): it kept the context after the request`;
  inquiry.conclude({ cause: 'stale-context', hop, text, findings });
}

function hasAncestor({ parent }: SpanNode, among: ReadonlySet<SpanNode>): boolean {
  let at = parent;
  while (at && !among.has(at)) at = at.parent;
  return at !== undefined;
}
