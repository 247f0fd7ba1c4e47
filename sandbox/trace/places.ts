import type { ExpectedSpan, Shape } from './shape.js';
import { isSameHop, literalLabel } from './span-pattern.js';
import { labelOf, type SpanNode } from './tree.js';

/** Where in a shape a span of some service and kind may stand. */
export class Places {
  readonly #extent = new Map<ExpectedSpan, { readonly from: number; readonly to: number }>();
  readonly #literal = new Map<string, ExpectedSpan[]>();
  readonly #patterns: ExpectedSpan[] = [];

  constructor(shape: Shape) {
    let next = 0;
    const visit = (expected: ExpectedSpan) => {
      const from = next++;
      const label = literalLabel(expected);
      const sameLabel = label === undefined ? this.#patterns : (this.#literal.get(label) ?? []);
      sameLabel.push(expected);
      if (label !== undefined) this.#literal.set(label, sameLabel);
      expected.children.forEach(visit);
      this.#extent.set(expected, { from, to: next });
    };
    visit(shape.root);
  }

  /** The parts of the shape of the span's service and kind. */
  of(node: SpanNode): readonly ExpectedSpan[] {
    const fitting = this.#patterns.filter((expected) => isSameHop(expected, node));
    return [...(this.#literal.get(labelOf(node.span)) ?? []), ...fitting];
  }

  /** Those of them that are somewhere below a part of the shape. */
  below(expected: ExpectedSpan, node: SpanNode): ExpectedSpan[] {
    const outer = this.#extent.get(expected);
    return this.of(node).filter((place) => {
      const inner = this.#extent.get(place);
      return outer && inner && inner.from > outer.from && inner.to <= outer.to;
    });
  }
}

/** Nodes by their `labelOf`, in the given order. */
export function groupByLabel(nodes: Iterable<SpanNode>): Map<string, SpanNode[]> {
  const groups = new Map<string, SpanNode[]>();
  for (const node of nodes) {
    const label = labelOf(node.span);
    const group = groups.get(label);
    if (group) group.push(node);
    else groups.set(label, [node]);
  }
  return groups;
}
