import type { ShapeFinding } from './finding.js';
import type { ExpectedSpan, Pattern, Shape, SpanPattern } from './shape.js';
import type { Span } from './span.js';
import { kindOf, labelOf, type SpanNode, type SpanTree, serviceOf, walkTree } from './tree.js';

/** `spansOf` says which spans were taken for which part of the shape, also where they differ from it. */
export interface ShapeMatch {
  readonly findings: readonly ShapeFinding[];
  readonly spansOf: ReadonlyMap<ExpectedSpan, readonly SpanNode[]>;
}

/**
 * Lays a shape over a trace. No finding: the trace has that shape. The order of siblings does not matter. Where a span
 * is missing, its children are looked for under its parent; a span that stands elsewhere is one finding, and what is
 * below it is still compared. Takes any tree.
 */
export function matchShape(shape: Shape, tree: SpanTree): ShapeMatch {
  return new Matching(shape, tree).run();
}

/** The name by which people know a part of a shape, as in `service1-app CLIENT`. */
export function labelOfPattern({ service, kind }: SpanPattern): string {
  return kind ? `${showPattern(service)} ${kind}` : showPattern(service);
}

/** Children that are expected below one span, and the spans among which to look. */
interface Level {
  readonly expected: readonly ExpectedSpan[];
  readonly candidates: readonly SpanNode[];
  readonly under: SpanNode | undefined;
  readonly expectedUnder: string;
  /** The span above is missing, so that only likeness speaks for a candidate. */
  readonly isAboveMissing?: true;
}

type Absent = Omit<Level, 'expected'> & { readonly expected: ExpectedSpan };

class Matching {
  readonly #findings: ShapeFinding[] = [];
  readonly #spansOf = new Map<ExpectedSpan, SpanNode[]>();
  readonly #taken = new Set<SpanNode>();
  readonly #levels: Level[] = [];
  readonly #absent: Absent[] = [];
  readonly #places: Places;
  readonly #nodesByLabel: ReadonlyMap<string, readonly SpanNode[]>;

  constructor(
    readonly shape: Shape,
    readonly tree: SpanTree,
  ) {
    this.#places = new Places(shape);
    this.#nodesByLabel = groupByLabel(walkTree(tree));
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
    for (const node of walkTree(tree)) this.#reportStranger(node);
    return { findings: this.#findings, spansOf: this.#spansOf };
  }

  #matchLevels(): void {
    for (let level = this.#levels.pop(); level; level = this.#levels.pop()) this.#matchLevel(level);
  }

  #matchLevel(level: Level): void {
    const pool = new Set(this.#candidatesOf(level));
    const counts = new Map(level.expected.map((expected) => [expected, 0]));
    const take = (expected: ExpectedSpan, node: SpanNode) => {
      pool.delete(node);
      counts.set(expected, (counts.get(expected) ?? 0) + 1);
      this.#take(expected, node);
    };
    const poolByLabel = groupByLabel(pool);
    const passes = counts.size > 1 ? [fitsDownwards, fitsAlone, isSameHop] : [fitsAlone, isSameHop];
    for (const fits of passes) {
      for (const expected of level.expected) {
        const label = literalLabel(expected);
        for (const node of label === undefined ? pool : (poolByLabel.get(label) ?? [])) {
          if ((counts.get(expected) ?? 0) >= expected.times.max) break;
          if (!pool.has(node) || !fits(expected, node)) continue;
          if (!level.isAboveMissing || this.#belongsTo(expected, node)) take(expected, node);
        }
      }
    }
    for (const node of pool) {
      const expected = this.#places.of(node).find((place) => (counts.get(place) ?? 0) >= place.times.max);
      if (!expected) continue;
      this.#findings.push({ type: 'repeated-span', hop: hop(expected), span: node.span, max: expected.times.max });
      take(expected, node);
    }
    for (const expected of level.expected) {
      for (let count = counts.get(expected) ?? 0; count < expected.times.min; count++) {
        const absent = { ...level, candidates: [...pool], expected };
        if (absent.candidates.some((node) => this.#places.isBelow(expected, node))) this.#skip(absent);
        else this.#absent.push(absent);
      }
    }
  }

  #candidatesOf({ candidates, expected }: Level): SpanNode[] {
    const found: SpanNode[] = [];
    const waiting = [...candidates].reverse();
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      const at = node;
      const isStranger = this.shape.others === 'allowed' && !expected.some((one) => isSameHop(one, at));
      if (isStranger) waiting.push(...[...at.children].reverse());
      else if (!this.#taken.has(at)) found.push(at);
    }
    return found;
  }

  #take(expected: ExpectedSpan, node: SpanNode): void {
    this.#taken.add(node);
    this.#spansOf.set(expected, [...(this.#spansOf.get(expected) ?? []), node]);
    this.#findings.push(...differences(expected, node.span));
    const expectedUnder = labelOfPattern(expected);
    this.#levels.push({ expected: expected.children, candidates: node.children, under: node, expectedUnder });
  }

  #placeElsewhere(absent: Absent): void {
    const { expected, under } = absent;
    const moved = this.#movedSpan(expected);
    const renamed = absent.candidates.find((node) => !this.#taken.has(node) && this.#isRenamed(expected, node));
    if (moved) {
      const { expectedUnder } = absent;
      const seen = moved.parent ? { under: moved.parent.span } : {};
      this.#findings.push({ type: 'misplaced-span', hop: hop(expected), span: moved.span, expectedUnder, ...seen });
      this.#take(expected, moved);
    } else if (renamed) this.#take(expected, renamed);
    else this.#skip({ ...absent, under });
  }

  #skip({ expected, candidates, under }: Absent): void {
    this.#findings.push({ type: 'missing-span', hop: hop(expected), ...(under && { under: under.span }) });
    const expectedUnder = labelOfPattern(expected);
    this.#levels.push({ expected: expected.children, candidates, under, expectedUnder, isAboveMissing: true });
  }

  #movedSpan(expected: ExpectedSpan): SpanNode | undefined {
    for (const [, nodes] of this.#nodesByLabel) {
      const [first] = nodes;
      if (!first || !isSameHop(expected, first)) continue;
      const moved = nodes.find((node) => !this.#taken.has(node) && this.#belongsTo(expected, node));
      if (moved) return moved;
    }
    return undefined;
  }

  /** False if what is below the span speaks for another place in the shape that is still empty. */
  #belongsTo(expected: ExpectedSpan, node: SpanNode): boolean {
    const rivals = this.#places.of(node).filter((place) => place !== expected && !this.#spansOf.has(place));
    const likeness = likenessOf(expected, node);
    return rivals.every((rival) => likenessOf(rival, node) <= likeness);
  }

  #isRenamed(expected: ExpectedSpan, node: SpanNode): boolean {
    const sameService = matches(expected.service, serviceOf(node.span));
    const sameKind = expected.kind === undefined || expected.kind === kindOf(node.span);
    return sameService !== sameKind && this.#places.of(node).length === 0;
  }

  #reportStranger(node: SpanNode): void {
    const { span, parent } = node;
    const forbidden = this.shape.forbidden.find((pattern) => isSameHop(pattern, node) && agrees(pattern, span));
    if (forbidden) this.#findings.push({ type: 'forbidden-span', hop: hop(forbidden), span });
    else if (!this.#taken.has(node) && this.shape.others === 'forbidden') {
      this.#findings.push({ type: 'unexpected-span', span, ...(parent && { under: parent.span }) });
    }
  }
}

/** Where in the shape a span of some service and kind may stand. */
class Places {
  readonly #extent = new Map<ExpectedSpan, { readonly from: number; readonly to: number }>();
  readonly #literal = new Map<string, ExpectedSpan[]>();
  readonly #patterns: ExpectedSpan[] = [];

  constructor(shape: Shape) {
    let next = 0;
    const visit = (expected: ExpectedSpan) => {
      const from = next++;
      const label = literalLabel(expected);
      if (label === undefined) this.#patterns.push(expected);
      else this.#literal.set(label, [...(this.#literal.get(label) ?? []), expected]);
      expected.children.forEach(visit);
      this.#extent.set(expected, { from, to: next });
    };
    visit(shape.root);
  }

  of(node: SpanNode): ExpectedSpan[] {
    const fitting = this.#patterns.filter((expected) => isSameHop(expected, node));
    return [...(this.#literal.get(labelOf(node.span)) ?? []), ...fitting];
  }

  isBelow(expected: ExpectedSpan, node: SpanNode): boolean {
    const outer = this.#extent.get(expected);
    return this.of(node).some((place) => {
      const inner = this.#extent.get(place);
      return outer && inner && inner.from > outer.from && inner.to <= outer.to;
    });
  }
}

function groupByLabel(nodes: Iterable<SpanNode>): Map<string, SpanNode[]> {
  const groups = new Map<string, SpanNode[]>();
  for (const node of nodes) {
    const label = labelOf(node.span);
    const group = groups.get(label);
    if (group) group.push(node);
    else groups.set(label, [node]);
  }
  return groups;
}

/** The label of all spans that fit, if the shape names service and kind literally. */
function literalLabel({ service, kind }: SpanPattern): string | undefined {
  return typeof service === 'string' && kind !== undefined ? `${service} ${kind}` : undefined;
}

function isSameHop(pattern: SpanPattern, { span }: SpanNode): boolean {
  return matches(pattern.service, serviceOf(span)) && (pattern.kind === undefined || pattern.kind === kindOf(span));
}

function fitsAlone(expected: ExpectedSpan, node: SpanNode): boolean {
  return isSameHop(expected, node) && agrees(expected, node.span);
}

/** How far down the tree equal siblings are told apart. */
const levelsCompared = 4;

function fitsDownwards(expected: ExpectedSpan, node: SpanNode, levels = levelsCompared): boolean {
  if (!fitsAlone(expected, node)) return false;
  if (levels === 0) return true;
  const { children } = expected;
  return (
    children.every(
      (child) => child.times.min === 0 || node.children.some((one) => fitsDownwards(child, one, levels - 1)),
    ) && node.children.every((one) => children.some((child) => fitsDownwards(child, one, levels - 1)))
  );
}

function likenessOf(expected: ExpectedSpan, node: SpanNode, levels = levelsCompared): number {
  if (!isSameHop(expected, node)) return 0;
  if (levels === 0) return 1;
  return node.children.reduce(
    (sum, child) => sum + Math.max(0, ...expected.children.map((one) => likenessOf(one, child, levels - 1))),
    1,
  );
}

function agrees(pattern: SpanPattern, span: Span): boolean {
  return differences(pattern, span).length === 0;
}

function differences(pattern: SpanPattern, span: Span): ShapeFinding[] {
  const findings: ShapeFinding[] = [];
  const compare = (field: string, expected: Pattern | null | undefined, seen: string | undefined) => {
    if (
      expected === undefined ||
      (expected === null ? seen === undefined : seen !== undefined && matches(expected, seen))
    )
      return;
    const texts = { expected: expected === null ? 'absent' : showPattern(expected), seen: seen ?? 'absent' };
    findings.push({ type: 'wrong-value', hop: hop(pattern), span, field, ...texts });
  };
  compare('service', pattern.service, serviceOf(span));
  compare('kind', pattern.kind, kindOf(span));
  compare('shared', pattern.shared?.toString(), String(span.shared === true));
  compare('name', pattern.name, span.name);
  for (const [tag, expected] of Object.entries(pattern.tags)) compare(`tag ${tag}`, expected, span.tags?.[tag]);
  if (pattern.within !== undefined && (span.duration ?? 0) > pattern.within) {
    findings.push({ type: 'slow-span', hop: hop(pattern), span, limit: pattern.within });
  }
  return findings;
}

function hop(pattern: SpanPattern) {
  return { label: labelOfPattern(pattern), path: pattern.path };
}

function matches(pattern: Pattern, text: string): boolean {
  return typeof pattern === 'string' ? pattern === text : pattern.test(text);
}

function showPattern(pattern: Pattern): string {
  return typeof pattern === 'string' ? pattern : String(pattern).replace(/u$/, '');
}
