import { addTo } from '../trace/lists.js';
import type { Span } from '../trace/span.js';
import { requestIdTag } from '../trace/span-tags.js';
import { isServing, type SpanTree, walkTree } from '../trace/tree.js';
import type { TraceFinding } from './finding.js';

/** The calls of other traces, by what may join them to a caller: its span id, or the x-request-id. */
export class ServedCalls {
  readonly #bySpanId = new Map<string, Span[]>();
  readonly #byRequestId = new Map<string, Span[]>();

  constructor(traces: readonly (readonly Span[])[]) {
    for (const span of traces.flat()) {
      if (!isServing(span)) continue;
      for (const id of new Set([span.id, span.parentId])) if (id) addTo(this.#bySpanId, id, span);
      const requestId = span.tags?.[requestIdTag];
      if (requestId) addTo(this.#byRequestId, requestId, span);
    }
  }

  /** What of another trace answers a call: it names the caller's span id, or has its request id and lies in its time. */
  answering(caller: Span, requestId: string | undefined): Span | undefined {
    const isElsewhere = ({ traceId }: Span) => traceId !== caller.traceId;
    const byRequest = requestId === undefined ? [] : (this.#byRequestId.get(requestId) ?? []);
    return (
      this.#bySpanId.get(caller.id)?.find(isElsewhere) ??
      byRequest.find((span) => isElsewhere(span) && span.parentId === undefined && isWithin(span, caller))
    );
  }
}

/** The calls of a trace that went on in another one, as far as Zipkin holds both. */
export function findCutCalls(tree: SpanTree, requestId: string | undefined, others: ServedCalls): TraceFinding[] {
  const found = new Map<string, TraceFinding>();
  for (const { span, children } of walkTree(tree)) {
    if (span.kind !== 'CLIENT' || children.some((child) => isServing(child.span))) continue;
    const answer = others.answering(span, requestId);
    if (answer) found.set(answer.traceId, { type: 'cut-call', span, answer });
  }
  return [...found.values()];
}

function isWithin({ timestamp }: Span, outer: Span): boolean {
  if (timestamp === undefined || outer.timestamp === undefined) return false;
  return timestamp >= outer.timestamp && timestamp <= outer.timestamp + (outer.duration ?? 0);
}
