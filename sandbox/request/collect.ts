import { setTimeout as delay } from 'node:timers/promises';
import type { Span } from '../trace/span.js';
import type { ZipkinClient } from '../zipkin/client.js';

export interface CollectOptions {
  /** Spans that make the trace whole, so that waiting can end at once; undefined where nobody knows. */
  readonly expected?: number;
  /** Longest wait, milliseconds. */
  readonly limitMs: number;
}

const pollMs = 60;

/** Reporters flush within 0.2 s, and a collector stores within as much: after this long without a new span there is none. */
const quietMs = 1500;

/**
 * Waits for a trace to be there: until it has the expected number of spans, or no new one has come for 1.5 s.
 *
 * @returns the spans; none where Zipkin got none in time
 * @throws ZipkinError where Zipkin does not answer
 */
export async function collectTrace(
  zipkin: ZipkinClient,
  traceId: string,
  { expected = Number.POSITIVE_INFINITY, limitMs }: CollectOptions,
): Promise<Span[]> {
  const deadline = Date.now() + limitMs;
  let spans: Span[] = [];
  let changed = Date.now();
  while (Date.now() < deadline) {
    const now = await zipkin.trace(traceId);
    if (now.length >= expected) return now;
    if (now.length !== spans.length) {
      spans = now;
      changed = Date.now();
    } else if (spans.length > 0 && Date.now() - changed > quietMs) return spans;
    await delay(pollMs);
  }
  return spans;
}
