import { addTo, groupBy } from '../trace/lists.js';
import { labelOf, type Span } from '../trace/span.js';
import type { SpanNode, SpanTree } from '../trace/tree.js';
import type { ShapeFinding } from './finding.js';
import type { ExpectedSpan, Shape } from './shape.js';
import { ShapeIndex } from './shape-index.js';
import {
  differences,
  fitsAlone,
  fitsDownwards,
  hopOf,
  isSameHop,
  labelOfPattern,
  literalLabel,
} from './span-pattern.js';

/** `spansOf` gives the spans that were matched with each part of the shape, also where they differ from it. */
export interface ShapeMatch {
  readonly findings: readonly ShapeFinding[];
  readonly spansOf: ReadonlyMap<ExpectedSpan, readonly SpanNode[]>;
}

/**
 * Compares a trace with a shape. No finding means that the trace has the shape. The order of siblings does not matter.
 * If a span is missing, its children are searched below its parent. A span in the wrong place is one finding, and the
 * spans below it are still compared. Takes any tree.
 *
 * @param passed spans that may be anywhere; the spans below them count as being below their parents
 */
export function matchShape(shape: Shape, tree: SpanTree, passed: ReadonlySet<Span> = new Set()): ShapeMatch {
  return new Matching(shape, tree, passed).run();
}

/** The children that are expected below one span, and the spans among which to search. */
interface Level {
  readonly expected: readonly ExpectedSpan[];
  readonly candidates: readonly SpanNode[];
  readonly under: SpanNode | undefined;
  readonly expectedUnder: string;
  /** The span above is missing, so only the likeness of a candidate counts. */
  readonly isAboveMissing?: true;
  /** The span above is one too many, so nothing is missing below it. */
  readonly isUnderSurplus?: boolean;
}

/** At most this many unmatched siblings are compared with the missing ones. No mesh has more; a hostile trace may. */
const mostStrangers = 50;

type Absent = Omit<Level, 'expected'> & { readonly expected: ExpectedSpan };

class Matching {
  readonly #findings: ShapeFinding[] = [];
  readonly #spansOf = new Map<ExpectedSpan, SpanNode[]>();
  readonly #taken = new Set<SpanNode>();
  readonly #levels: Level[] = [];
  readonly #absent: Absent[] = [];
  readonly #places: ShapeIndex;
  readonly #nodesByLabel: ReadonlyMap<string, SpanNode[]>;

  constructor(
    readonly shape: Shape,
    readonly tree: SpanTree,
    readonly passed: ReadonlySet<Span>,
  ) {
    this.#places = new ShapeIndex(shape, (place) => !this.#spansOf.has(place));
    this.#nodesByLabel = groupByLabel(tree.nodes);
  }

  run(): ShapeMatch {
    const { shape, tree } = this;
    this.#levels.push({ expected: [shape.root], candidates: tree.roots, under: undefined, expectedUnder: 'no span' });
    this.#matchLevels();
    for (let i = 0; i < this.#absent.length; i++) {
      const absent = this.#absent[i];
      if (absent) this.#placeElsewhere(absent);
      this.#matchLevels();
    }
    for (const node of tree.nodes) this.#reportStranger(node);
    return { findings: this.#findings, spansOf: this.#spansOf };
  }

  #matchLevels(): void {
    for (let level = this.#levels.pop(); level; level = this.#levels.pop()) this.#matchLevel(level);
  }

  #matchLevel(level: Level): void {
    const pool = new Set(this.#candidatesOf(level));
    const counts = new Map(level.expected.map((expected) => [expected, 0]));
    const take = (expected: ExpectedSpan, node: SpanNode, isSurplus = level.isUnderSurplus) => {
      pool.delete(node);
      counts.set(expected, (counts.get(expected) ?? 0) + 1);
      this.#take(expected, node, isSurplus);
    };
    const poolByLabel = groupByLabel(pool);
    const passes = counts.size > 1 ? [fitsDownwards, fitsAlone, isSameHop] : [fitsAlone, isSameHop];
    for (const fits of passes) {
      for (const expected of level.expected) {
        const label = literalLabel(expected);
        for (const node of label === undefined ? pool : (poolByLabel.get(label) ?? [])) {
          if ((counts.get(expected) ?? 0) >= expected.times.max) break;
          if (!pool.has(node) || !fits(expected, node)) continue;
          if (!level.isAboveMissing || this.#places.belongsTo(expected, node)) take(expected, node);
        }
      }
    }
    for (const node of pool) {
      const expected = this.#places.of(node).find((place) => (counts.get(place) ?? 0) >= place.times.max);
      if (!expected) continue;
      this.#findings.push({ type: 'repeated-span', hop: hopOf(expected), span: node.span, max: expected.times.max });
      take(expected, node, true);
    }
    if (level.isUnderSurplus) return;
    const candidates = [...pool].slice(0, mostStrangers);
    for (const expected of level.expected) {
      for (let count = counts.get(expected) ?? 0; count < expected.times.min; count++) {
        const absent = { ...level, candidates, expected };
        if (candidates.some((node) => this.#places.isSkippedTo(expected, node))) this.#skip(absent);
        else this.#absent.push(absent);
      }
    }
  }

  #candidatesOf({ candidates, expected }: Level): SpanNode[] {
    const found: SpanNode[] = [];
    const waiting = [...candidates].reverse();
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      const at = node;
      const isAllowed = this.shape.others === 'allowed' && !expected.some((one) => isSameHop(one, at));
      const isStranger = isAllowed || this.passed.has(at.span);
      if (isStranger) waiting.push(...[...at.children].reverse());
      else if (!this.#taken.has(at)) found.push(at);
    }
    return found;
  }

  #take(expected: ExpectedSpan, node: SpanNode, isUnderSurplus = false): void {
    this.#taken.add(node);
    addTo(this.#spansOf, expected, node);
    this.#findings.push(...differences(expected, node.span));
    const { children } = expected;
    const expectedUnder = labelOfPattern(expected);
    this.#levels.push({ expected: children, candidates: node.children, under: node, expectedUnder, isUnderSurplus });
  }

  #placeElsewhere(absent: Absent): void {
    const { expected, under } = absent;
    const moved = this.#movedSpan(expected);
    const renamed = absent.candidates.find((node) => !this.#taken.has(node) && this.#places.isRenamed(expected, node));
    if (moved) {
      const { expectedUnder } = absent;
      const seen = moved.parent ? { under: moved.parent.span } : {};
      this.#findings.push({ type: 'misplaced-span', hop: hopOf(expected), span: moved.span, expectedUnder, ...seen });
      this.#take(expected, moved);
    } else if (renamed) this.#take(expected, renamed);
    else this.#skip({ ...absent, under });
  }

  #skip({ expected, candidates, under }: Absent): void {
    this.#findings.push({ type: 'missing-span', hop: hopOf(expected), ...(under && { under: under.span }) });
    const expectedUnder = labelOfPattern(expected);
    this.#levels.push({ expected: expected.children, candidates, under, expectedUnder, isAboveMissing: true });
  }

  #movedSpan(expected: ExpectedSpan): SpanNode | undefined {
    const label = literalLabel(expected);
    const groups = label === undefined ? this.#nodesByLabel.values() : [this.#nodesByLabel.get(label) ?? []];
    for (const nodes of groups) {
      const [first] = nodes;
      if (!first || !isSameHop(expected, first)) continue;
      while (nodes[0] && this.#taken.has(nodes[0])) nodes.shift();
      const free = nodes.slice(0, mostStrangers).filter((node) => !this.#taken.has(node));
      const moved = free.find((node) => this.#places.belongsTo(expected, node));
      if (moved) return moved;
    }
    return undefined;
  }

  #reportStranger(node: SpanNode): void {
    const { span, parent } = node;
    const forbidden = this.shape.forbidden.find((pattern) => fitsAlone(pattern, node));
    if (forbidden) this.#findings.push({ type: 'forbidden-span', hop: hopOf(forbidden), span });
    else if (!this.#taken.has(node) && this.shape.others === 'forbidden' && !this.passed.has(span)) {
      this.#findings.push({ type: 'unexpected-span', span, ...(parent && { under: parent.span }) });
    }
  }
}

function groupByLabel(nodes: Iterable<SpanNode>): Map<string, SpanNode[]> {
  return new Map(groupBy(nodes, ({ span }) => labelOf(span)).map((group) => [labelOf(group[0].span), group]));
}
