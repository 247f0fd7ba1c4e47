import { errorOf, labelOf } from '../trace/span.js';
import type { SpanNode, SpanTree } from '../trace/tree.js';

/** Nobody reads more rows than this. */
export const mostRows = 1000;

/** How many of these rows are kept for failed spans below the levels that are drawn. */
const rowsForFailures = 200;

export interface Selection {
  readonly isDrawn: (node: SpanNode) => boolean;
  /** What is left out below a drawn span, in words. The key `undefined` has the roots that are left out. */
  readonly leftOut: ReadonlyMap<SpanNode | undefined, readonly string[]>;
}

/** Chooses the spans of a trace to draw: level by level from the root, then failed spans with all spans above them. */
export function selectRows(tree: SpanTree): Selection {
  if (tree.nodes.length <= mostRows) return { isDrawn: () => true, leftOut: new Map() };
  const nodes = tree.nodes;
  const drawn = new Set<SpanNode>();
  const byDepth = [...nodes].sort((a, b) => a.depth - b.depth);
  for (const node of byDepth.slice(0, mostRows - rowsForFailures)) drawn.add(node);
  for (const node of nodes) {
    if (drawn.size >= mostRows) break;
    if (errorOf(node.span) === undefined) continue;
    const chain = chainTo(node, drawn, mostRows - drawn.size);
    for (const each of chain ?? []) drawn.add(each);
  }
  return { isDrawn: (node) => drawn.has(node), leftOut: describeRest(nodes, drawn) };
}

/** A span and the spans above it that are not drawn yet; undefined if there are more than `most`. */
function chainTo(node: SpanNode, drawn: ReadonlySet<SpanNode>, most: number): SpanNode[] | undefined {
  const chain: SpanNode[] = [];
  for (let at: SpanNode | undefined = node; at && !drawn.has(at); at = at.parent) {
    if (chain.push(at) > most) return undefined;
  }
  return chain;
}

function describeRest(
  nodes: readonly SpanNode[],
  drawn: ReadonlySet<SpanNode>,
): Map<SpanNode | undefined, readonly string[]> {
  const anchorOf = new Map<SpanNode, SpanNode | undefined>();
  const rest = new Map<SpanNode | undefined, Map<string, number>>();
  for (const node of nodes) {
    if (drawn.has(node)) continue;
    const { parent } = node;
    const anchor = parent && (drawn.has(parent) ? parent : anchorOf.get(parent));
    anchorOf.set(node, anchor);
    const counts = rest.get(anchor) ?? new Map<string, number>();
    const label = labelOf(node.span);
    counts.set(label, (counts.get(label) ?? 0) + 1);
    rest.set(anchor, counts);
  }
  return new Map([...rest].map(([anchor, counts]) => [anchor, [describeCounts(counts)]]));
}

function describeCounts(counts: ReadonlyMap<string, number>): string {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 3);
  const labels = most.map(([label, count]) => (counts.size > 1 ? `${count} ${label}` : label));
  const others = counts.size > most.length ? ' and others' : '';
  return `${total} ${total === 1 ? 'span' : 'spans'} below it left out: ${labels.join(', ')}${others}`;
}
