import type { SpanNode } from '../trace/tree.js';
import type { FindingOf } from '../verdict/finding.js';
import type { ExpectedSpan } from '../verdict/shape.js';
import { type OpenFindings, pathAbove } from './open-findings.js';

/** Adjacent parts of a shape that are missing in one place of a trace. */
export interface Gap {
  readonly findings: readonly FindingOf<'missing-span'>[];
  readonly parts: readonly ExpectedSpan[];
  /** The span above the gap; undefined if the beginning of the trace is missing. */
  readonly above: SpanNode | undefined;
  /** The spans below the gap. */
  readonly beyond: readonly SpanNode[];
}

/** Finds the gaps of a trace that nothing has explained yet. */
export function findGaps(inquiry: OpenFindings): Gap[] {
  const groups: { readonly findings: FindingOf<'missing-span'>[]; readonly paths: Set<string> }[] = [];
  for (const finding of inquiry.open('missing-span')) {
    const { under, hop } = finding;
    const isHere = ({ findings, paths }: (typeof groups)[number]) =>
      findings[0]?.under === under && (paths.has(pathAbove(hop.path)) || paths.has(hop.path));
    const group = groups.find(isHere) ?? { findings: [], paths: new Set() };
    if (group.findings.length === 0) groups.push(group);
    group.findings.push(finding);
    group.paths.add(hop.path);
  }
  return groups.map(({ findings, paths }) => {
    const parts = [...paths].flatMap((path) => inquiry.part(path) ?? []);
    const above = inquiry.nodeOf(findings[0]?.under);
    const next = parts.flatMap(({ children }) => children.filter(({ path }) => !paths.has(path)));
    const isBeyond = (node: SpanNode) => !above || node.detached !== undefined || isAtOrBelow(node, above);
    return { findings, parts, above, beyond: next.flatMap((part) => inquiry.spansOf(part)).filter(isBeyond) };
  });
}

function isAtOrBelow(node: SpanNode, top: SpanNode): boolean {
  let at: SpanNode | undefined = node;
  while (at && at !== top && at.depth > top.depth) at = at.parent;
  return at === top;
}
