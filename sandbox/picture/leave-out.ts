import { groupBy } from '../trace/lists.js';
import { errorOf, labelOf } from '../trace/span.js';
import type { SpanNode, SpanTree } from '../trace/tree.js';

/** Nobody reads more rows than this. */
const mostRows = 1000;

/** How many of these rows are kept for failed spans below the levels that are drawn. */
const rowsForFailures = 200;

export interface Selection {
  readonly isDrawn: (node: SpanNode) => boolean;
  /** What is left out below a drawn span, in words. The key `undefined` has the roots that are left out. */
  readonly leftOut: ReadonlyMap<SpanNode | undefined, string>;
}

/** Chooses the spans of a trace to draw: level by level from the root, then failed spans with all spans above them. */
export function selectRows({ nodes }: SpanTree): Selection {
  if (nodes.length <= mostRows) return { isDrawn: () => true, leftOut: new Map() };
  const drawn = new Set<SpanNode>();
  const byDepth = [...nodes].sort((a, b) => a.depth - b.depth);
  for (const node of byDepth.slice(0, mostRows - rowsForFailures)) drawn.add(node);
  for (const node of nodes) {
    if (drawn.size >= mostRows) break;
    if (errorOf(node.span) === undefined) continue;
    for (const each of chainTo(node, drawn, mostRows - drawn.size)) drawn.add(each);
  }
  return { isDrawn: (node) => drawn.has(node), leftOut: describeRest(nodes, drawn) };
}

/** A span and the spans above it that are not drawn yet; none if there are more than `most`. */
function chainTo(node: SpanNode, drawn: ReadonlySet<SpanNode>, most: number): SpanNode[] {
  const chain: SpanNode[] = [];
  for (let at: SpanNode | undefined = node; at && !drawn.has(at); at = at.parent) {
    if (chain.push(at) > most) return [];
  }
  return chain;
}

function describeRest(nodes: readonly SpanNode[], drawn: ReadonlySet<SpanNode>): Selection['leftOut'] {
  const left = nodes.filter((node) => !drawn.has(node));
  const anchorOf = new Map<SpanNode, SpanNode | undefined>();
  for (const node of left) {
    const { parent } = node;
    anchorOf.set(node, parent && (drawn.has(parent) ? parent : anchorOf.get(parent)));
  }
  const groups = groupBy(left, (node) => anchorOf.get(node));
  return new Map(groups.map((group) => [anchorOf.get(group[0]), describe(group)]));
}

function describe(nodes: readonly SpanNode[]): string {
  const kinds = groupBy(nodes, ({ span }) => labelOf(span)).sort((a, b) => b.length - a.length);
  const most = kinds.slice(0, 3).map((kind) => `${kinds.length > 1 ? `${kind.length} ` : ''}${labelOf(kind[0].span)}`);
  const others = kinds.length > most.length ? ' and others' : '';
  return `${nodes.length} ${nodes.length === 1 ? 'span' : 'spans'} below it left out: ${most.join(', ')}${others}`;
}
