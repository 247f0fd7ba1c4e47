import type { Diagnosis } from './diagnosis.js';
import { type Evidence, requestIdOf } from './evidence.js';
import type { Finding } from './finding.js';
import type { ExpectedSpan } from './shape.js';
import type { Span } from './span.js';
import { type SpanNode, serviceOf, walkTree } from './tree.js';
import type { Verdict } from './verdict.js';

/** A verdict on its way to diagnoses: which of its findings are still open, and ways to look around in the trace. */
export class Inquiry {
  readonly diagnoses: Diagnosis[] = [];
  readonly requestId: string | undefined;
  readonly nodes: readonly SpanNode[];
  readonly #open: Set<Finding>;
  readonly #nodeOf: ReadonlyMap<Span, SpanNode>;
  readonly #partOf = new Map<string, ExpectedSpan>();

  constructor(
    readonly verdict: Verdict,
    readonly evidence: Evidence,
  ) {
    this.nodes = [...walkTree(verdict.tree)];
    this.#open = new Set(verdict.findings);
    this.#nodeOf = new Map(this.nodes.map((node) => [node.span, node]));
    const visit = (part: ExpectedSpan) => {
      this.#partOf.set(part.path, part);
      part.children.forEach(visit);
    };
    visit(verdict.shape.root);
    this.requestId = requestIdOf(this.nodes.map(({ span }) => span));
  }

  /** The open findings of one type. */
  open<T extends Finding['type']>(type: T): Extract<Finding, { type: T }>[] {
    return [...this.#open].filter((finding): finding is Extract<Finding, { type: T }> => finding.type === type);
  }

  /** All open findings that are about a span for which `concerns` holds, or about what is missing under it. */
  openAbout(concerns: (span: Span) => boolean, ...types: readonly Finding['type'][]): Finding[] {
    return [...this.#open].filter((finding) => {
      const span = finding.type === 'missing-span' ? finding.under : 'span' in finding ? finding.span : undefined;
      return types.includes(finding.type) && span !== undefined && concerns(span);
    });
  }

  get unexplained(): readonly Finding[] {
    return [...this.#open];
  }

  /** Records a diagnosis and closes what it explains. */
  conclude(diagnosis: Diagnosis): void {
    this.diagnoses.push(diagnosis);
    for (const finding of diagnosis.findings) this.#open.delete(finding);
  }

  nodeOf(span: Span | undefined): SpanNode | undefined {
    return span && this.#nodeOf.get(span);
  }

  part(path: string): ExpectedSpan | undefined {
    return this.#partOf.get(path);
  }

  /** The part of the shape above another; undefined above the root. */
  partAbove(path: string): ExpectedSpan | undefined {
    return this.#partOf.get(pathAbove(path));
  }

  spansOf(part: ExpectedSpan | undefined): readonly SpanNode[] {
    return (part && this.verdict.spansOf.get(part)) ?? [];
  }
}

/** The path of the part of a shape that is above the given one; empty above the root. */
export function pathAbove(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.children[')));
}

/** Whether a span is another, or somewhere below it. */
export function isAtOrBelow(node: SpanNode | undefined, top: SpanNode): boolean {
  let at = node;
  while (at && at !== top && at.depth > top.depth) at = at.parent;
  return at === top;
}

/** An id for reading: its first digits. */
export function shortId(id: string): string {
  return id.length > 10 ? `${id.slice(0, 8)}…` : id;
}

/** `a`, `a and b`, `a, b and c`; nothing twice. */
export function listOf(words: Iterable<string>): string {
  const all = [...new Set(words)];
  const last = all.pop() ?? '';
  return all.length > 0 ? `${all.join(', ')} and ${last}` : last;
}

/** A span for reading, as in `service1-app CLIENT 4bf92f35…`. */
export function nameShortly(span: Span): string {
  return `${serviceOf(span) || '(no service)'} ${span.kind ?? 'LOCAL'} ${shortId(span.id)}`;
}
