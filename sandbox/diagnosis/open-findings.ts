import { addTo } from '../trace/lists.js';
import { labelOf, type Span } from '../trace/span.js';
import { type SpanNode, withDescendants } from '../trace/tree.js';
import type { Finding } from '../verdict/finding.js';
import type { Verdict } from '../verdict/judge.js';
import type { ExpectedSpan } from '../verdict/shape.js';
import type { Diagnosis } from './cause.js';
import type { Evidence } from './evidence.js';

/** The findings of a verdict that are not explained yet, and ways to search the trace. */
export class OpenFindings {
  readonly diagnoses: Diagnosis[] = [];
  readonly requestId: string | undefined;
  readonly nodes: readonly SpanNode[];
  readonly #closed = new Set<Finding>();
  readonly #byType = new Map<Finding['type'], Finding[]>();
  readonly #bySpan = new Map<Span, Finding[]>();
  readonly #nodeOf: ReadonlyMap<Span, SpanNode>;
  readonly #partOf = new Map<string, ExpectedSpan>();

  constructor(
    readonly verdict: Verdict,
    readonly evidence: Evidence,
  ) {
    this.nodes = verdict.tree.nodes;
    this.#nodeOf = new Map(this.nodes.map((node) => [node.span, node]));
    for (const finding of verdict.findings) {
      addTo(this.#byType, finding.type, finding);
      const span = finding.type === 'missing-span' ? finding.under : 'span' in finding ? finding.span : undefined;
      if (span) addTo(this.#bySpan, span, finding);
    }
    const visit = (part: ExpectedSpan) => {
      this.#partOf.set(part.path, part);
      part.children.forEach(visit);
    };
    visit(verdict.shape.root);
    this.requestId = verdict.tree.requestId;
  }

  /** The open findings of one type. */
  open<T extends Finding['type']>(type: T): Extract<Finding, { type: T }>[] {
    const isOpen = (finding: Finding): finding is Extract<Finding, { type: T }> => !this.#closed.has(finding);
    return (this.#byType.get(type) ?? []).filter(isOpen);
  }

  isOpen(finding: Finding): boolean {
    return !this.#closed.has(finding);
  }

  /** The open findings of some types about some spans, or about what is missing directly below them. */
  openAbout(spans: Iterable<Span>, ...types: readonly Finding['type'][]): Finding[] {
    return [...new Set(spans)].flatMap((span) =>
      (this.#bySpan.get(span) ?? []).filter((finding) => types.includes(finding.type) && this.isOpen(finding)),
    );
  }

  get unexplained(): readonly Finding[] {
    return this.verdict.findings.filter((finding) => this.isOpen(finding));
  }

  /** Records a diagnosis and closes the findings that it explains. */
  conclude(diagnosis: Diagnosis): void {
    this.diagnoses.push(diagnosis);
    for (const finding of diagnosis.findings) this.#closed.add(finding);
  }

  nodeOf(span: Span | undefined): SpanNode | undefined {
    return span && this.#nodeOf.get(span);
  }

  part(path: string): ExpectedSpan | undefined {
    return this.#partOf.get(path);
  }

  /** The part of the shape above another one; undefined above the root. */
  partAbove(path: string): ExpectedSpan | undefined {
    return this.#partOf.get(pathAbove(path));
  }

  spansOf(part: ExpectedSpan | undefined): readonly SpanNode[] {
    return (part && this.verdict.spansOf.get(part)) ?? [];
  }
}

/** The path of the part of a shape above the given one; empty above the root. */
export function pathAbove(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.children[')));
}

/** Whether a span is another one, or lies below it. */
export function isAtOrBelow(node: SpanNode, top: SpanNode): boolean {
  let at: SpanNode | undefined = node;
  while (at && at !== top && at.depth > top.depth) at = at.parent;
  return at === top;
}

/** A span and all spans below it. */
export function spansBelow(node: SpanNode): Span[] {
  return withDescendants([node]).map(({ span }) => span);
}

/** The first digits of an id, for people. */
export function shortId(id: string): string {
  return id.length > 10 ? `${id.slice(0, 8)}…` : id;
}

/** `a`, `a and b`, `a, b and c`. Each word once. */
export function listOf(words: Iterable<string>): string {
  const all = [...new Set(words)];
  const last = all.pop() ?? '';
  return all.length > 0 ? `${all.join(', ')} and ${last}` : last;
}

/** Says how many more there are, at the end of a sentence about the first of several. */
export function moreLikeIt(count: number): string {
  return count > 1 ? `, and ${count - 1} more like it` : '';
}

/** Names a span for people, for example `cart-app CLIENT 4bf92f35…`. */
export function nameShortly(span: Span): string {
  return `${labelOf(span)} ${shortId(span.id)}`;
}
