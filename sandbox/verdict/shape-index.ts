import { addTo } from '../trace/lists.js';
import { labelOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import type { ExpectedSpan, Shape } from './shape.js';
import { isSameHop, literalLabel } from './span-pattern.js';

/** Finds the places in a shape for a span of some service and kind. */
export class ShapeIndex {
  readonly #extent = new Map<ExpectedSpan, { readonly from: number; readonly to: number }>();
  readonly #literal = new Map<string, ExpectedSpan[]>();
  readonly #patterns: ExpectedSpan[] = [];

  constructor(shape: Shape) {
    let next = 0;
    const visit = (expected: ExpectedSpan) => {
      const from = next++;
      const label = literalLabel(expected);
      if (label === undefined) this.#patterns.push(expected);
      else addTo(this.#literal, label, expected);
      expected.children.forEach(visit);
      this.#extent.set(expected, { from, to: next });
    };
    visit(shape.root);
  }

  /** The parts of the shape with the span's service and kind. */
  of(node: SpanNode): readonly ExpectedSpan[] {
    const fitting = this.#patterns.filter((expected) => isSameHop(expected, node));
    return [...(this.#literal.get(labelOf(node.span)) ?? []), ...fitting];
  }

  /** Those of them that are below a part of the shape. */
  below(expected: ExpectedSpan, node: SpanNode): ExpectedSpan[] {
    const outer = this.#extent.get(expected);
    return this.of(node).filter((place) => {
      const inner = this.#extent.get(place);
      return outer && inner && inner.from > outer.from && inner.to <= outer.to;
    });
  }
}

/** Groups nodes by their `labelOf`, in the given order. */
export function groupByLabel(nodes: Iterable<SpanNode>): Map<string, SpanNode[]> {
  const groups = new Map<string, SpanNode[]>();
  for (const node of nodes) addTo(groups, labelOf(node.span), node);
  return groups;
}
