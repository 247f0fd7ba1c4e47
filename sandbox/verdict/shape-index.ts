import { addTo } from '../trace/lists.js';
import { labelOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import { allParts, type ExpectedSpan, type Shape } from './shape.js';
import { isSameHop, likenessIfRenamed, likenessOf, literalLabel } from './span-pattern.js';

/** At most this many places are compared with a span. No mesh has more; a hostile shape may. */
const mostRivals = 50;

/** Finds the places in a shape for a span of some service and kind. */
export class ShapeIndex {
  readonly #literal = new Map<string, ExpectedSpan[]>();
  readonly #patterns: ExpectedSpan[] = [];

  /** @param isEmpty whether no span was matched with a place yet */
  constructor(
    shape: Shape,
    private readonly isEmpty: (place: ExpectedSpan) => boolean,
  ) {
    for (const part of allParts(shape.root)) {
      const label = literalLabel(part);
      if (label === undefined) this.#patterns.push(part);
      else addTo(this.#literal, label, part);
    }
  }

  /** The parts of the shape with the span's service and kind. */
  of(node: SpanNode): readonly ExpectedSpan[] {
    const fitting = this.#patterns.filter((expected) => isSameHop(expected, node));
    return [...(this.#literal.get(labelOf(node.span)) ?? []), ...fitting];
  }

  /** False if the spans below this one show that it belongs to another empty place of the shape. */
  belongsTo(expected: ExpectedSpan, node: SpanNode): boolean {
    const likeness = likenessOf(expected, node);
    return this.#rivalsOf(node).every((rival) => rival === expected || likenessOf(rival, node) <= likeness);
  }

  /** Whether `expected` is missing and the span, which belongs below it, stands in its place. */
  isSkippedTo(expected: ExpectedSpan, node: SpanNode): boolean {
    return this.of(node).some(({ path }) => path.startsWith(`${expected.path}.`)) && !this.isRenamed(expected, node);
  }

  /** Whether the span is `expected` under another service name or kind. The spans below it show that best. */
  isRenamed(expected: ExpectedSpan, node: SpanNode): boolean {
    const likeness = likenessIfRenamed(expected, node);
    return likeness > 0 && this.#rivalsOf(node).every((rival) => likenessOf(rival, node) < likeness);
  }

  /** The empty places of the shape where the span could belong. */
  #rivalsOf(node: SpanNode): ExpectedSpan[] {
    return this.of(node).filter(this.isEmpty).slice(0, mostRivals);
  }
}
