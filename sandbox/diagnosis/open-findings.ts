import { addTo } from '../trace/lists.js';
import type { Span } from '../trace/span.js';
import { type SpanNode, withDescendants } from '../trace/tree.js';
import type { Finding, FindingOf } from '../verdict/finding.js';
import type { Verdict } from '../verdict/judge.js';
import { allParts, type ExpectedSpan } from '../verdict/shape.js';
import type { Cause, Diagnosis } from './cause.js';
import type { Evidence } from './evidence.js';

/** The findings of a verdict that are not explained yet, and ways to search the trace. */
export class OpenFindings {
  readonly diagnoses: Diagnosis[] = [];
  readonly #closed = new Set<Finding>();
  readonly #bySpan = new Map<Span, Finding[]>();
  readonly #nodeOf: ReadonlyMap<Span, SpanNode>;
  readonly #partOf: ReadonlyMap<string, ExpectedSpan>;

  constructor(
    readonly verdict: Verdict,
    readonly evidence: Evidence,
  ) {
    this.#nodeOf = new Map(verdict.tree.nodes.map((node) => [node.span, node]));
    this.#partOf = new Map(allParts(verdict.shape.root).map((part) => [part.path, part]));
    for (const finding of verdict.findings) {
      const span = finding.type === 'missing-span' ? finding.under : 'span' in finding ? finding.span : undefined;
      if (span) addTo(this.#bySpan, span, finding);
    }
  }

  isOpen(finding: Finding): boolean {
    return !this.#closed.has(finding);
  }

  /** The open findings of one type. */
  open<T extends Finding['type']>(type: T): FindingOf<T>[] {
    const fits = (finding: Finding): finding is FindingOf<T> => finding.type === type && this.isOpen(finding);
    return this.verdict.findings.filter(fits);
  }

  /** The open findings of some types about some spans, or about what is missing directly below them. */
  openAbout(spans: Iterable<Span>, ...types: readonly Finding['type'][]): Finding[] {
    return [...new Set(spans)].flatMap((span) =>
      (this.#bySpan.get(span) ?? []).filter((finding) => types.includes(finding.type) && this.isOpen(finding)),
    );
  }

  /**
   * Records a diagnosis and closes the findings that it explains.
   *
   * @param other a span of the trace in which the request continued
   */
  conclude(cause: Cause, hop: string, text: string, findings: readonly Finding[], other?: Span): void {
    this.diagnoses.push({ cause, hop, text, findings, ...(other && { otherTraceId: other.traceId }) });
    for (const finding of findings) this.#closed.add(finding);
  }

  nodeOf(span: Span | undefined): SpanNode | undefined {
    return span && this.#nodeOf.get(span);
  }

  part(path: string): ExpectedSpan | undefined {
    return this.#partOf.get(path);
  }

  spansOf(part: ExpectedSpan | undefined): readonly SpanNode[] {
    return (part && this.verdict.spansOf.get(part)) ?? [];
  }
}

/** The path of the part of a shape above the given one; empty above the root. */
export function pathAbove(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.children[')));
}

/** A span and all spans below it. */
export function spansBelow(node: SpanNode): Span[] {
  return withDescendants([node]).map(({ span }) => span);
}
