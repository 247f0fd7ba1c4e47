import type { SpanNode } from '../trace/tree.js';
import type { Finding } from '../verdict/finding.js';
import type { ExpectedSpan } from '../verdict/shape.js';
import { isAtOrBelow, type OpenFindings, pathAbove } from './open-findings.js';

/** Adjacent parts of a shape that are missing in one place of a trace. */
export interface Gap {
  readonly findings: readonly Extract<Finding, { type: 'missing-span' }>[];
  readonly parts: readonly ExpectedSpan[];
  /** The span above the gap; undefined if the beginning of the trace is missing. */
  readonly above: SpanNode | undefined;
  /** The spans below the gap. */
  readonly beyond: readonly SpanNode[];
}

/** Finds the gaps of a trace that nothing has explained yet. */
export function findGaps(inquiry: OpenFindings): Gap[] {
  const groups: { readonly findings: Gap['findings'][number][]; readonly paths: Set<string> }[] = [];
  for (const finding of inquiry.open('missing-span')) {
    const { path } = finding.hop;
    const group = groups.find(
      ({ findings, paths }) => findings[0]?.under === finding.under && (paths.has(pathAbove(path)) || paths.has(path)),
    );
    if (group) group.findings.push(finding);
    else groups.push({ findings: [finding], paths: new Set() });
    (group ?? groups.at(-1))?.paths.add(path);
  }
  return groups.map(({ findings, paths }) => {
    const parts = [...paths].flatMap((path) => inquiry.part(path) ?? []);
    const above = inquiry.nodeOf(findings[0]?.under);
    const next = parts.flatMap(({ children }) => children.filter(({ path }) => !paths.has(path)));
    const isBeyond = (node: SpanNode) => !above || node.detached !== undefined || isAtOrBelow(node, above);
    return { findings, parts, above, beyond: next.flatMap((part) => inquiry.spansOf(part)).filter(isBeyond) };
  });
}
