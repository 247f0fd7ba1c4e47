import { addTo } from '../trace/lists.js';
import { beginsWithin, isServing, requestIdOf, type Span } from '../trace/span.js';
import type { SpanTree } from '../trace/tree.js';
import type { TraceFinding } from './finding.js';

/** The calls of other traces, indexed by what connects them to a caller: its span id or the x-request-id. */
export class ServedCalls {
  readonly #bySpanId = new Map<string, Span[]>();
  readonly #byRequestId = new Map<string, Span[]>();

  constructor(traces: readonly (readonly Span[])[]) {
    for (const span of traces.flat()) {
      if (!isServing(span)) continue;
      for (const id of new Set([span.id, span.parentId])) if (id) addTo(this.#bySpanId, id, span);
      const requestId = requestIdOf(span);
      if (requestId) addTo(this.#byRequestId, requestId, span);
    }
  }

  /**
   * Finds the span of another trace that answers a call. It names the caller's span id, or it has the caller's request
   * id and lies in its time.
   */
  answering(caller: Span, requestId: string | undefined): Span | undefined {
    const isElsewhere = ({ traceId }: Span) => traceId !== caller.traceId;
    const byRequest = requestId === undefined ? [] : (this.#byRequestId.get(requestId) ?? []);
    return (
      this.#bySpanId.get(caller.id)?.find(isElsewhere) ??
      byRequest.find((span) => isElsewhere(span) && span.parentId === undefined && beginsWithin(span, caller))
    );
  }
}

/** Finds the calls of a trace that continued in another trace, if Zipkin has both. */
export function findCutCalls({ nodes, requestId }: SpanTree, others: ServedCalls): TraceFinding[] {
  const found = new Map<string, TraceFinding>();
  for (const { span, children } of nodes) {
    if (span.kind !== 'CLIENT' || children.some((child) => isServing(child.span))) continue;
    const answer = others.answering(span, requestId);
    if (answer) found.set(answer.traceId, { type: 'cut-call', span, answer });
  }
  return [...found.values()];
}
