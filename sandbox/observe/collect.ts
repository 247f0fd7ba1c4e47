import { setTimeout as delay } from 'node:timers/promises';
import type { Span } from '../trace/span.js';
import type { ZipkinClient } from './zipkin-client.js';

export interface CollectOptions {
  /** Says whether nothing more is to come, so that waiting can end at once; undefined where nobody knows. */
  readonly enough?: (spans: readonly Span[]) => boolean;
  /** Longest wait, milliseconds. */
  readonly limitMs: number;
}

const pollMs = 60;

/** Reporters flush within 0.2 s, and a collector stores within as much: after this long without a new span there is none. */
const quietMs = 1500;

/**
 * Waits for a trace to be there: until there is enough of it, or no new span has come for 1.5 s.
 *
 * @returns the spans; none where Zipkin got none in time
 * @throws ZipkinError where Zipkin does not answer
 */
export async function collectTrace(
  zipkin: ZipkinClient,
  traceId: string,
  { enough = () => false, limitMs }: CollectOptions,
): Promise<Span[]> {
  const deadline = Date.now() + limitMs;
  let spans: Span[] = [];
  let changed = Date.now();
  while (Date.now() < deadline) {
    const now = await zipkin.trace(traceId);
    if (enough(now)) return now;
    if (now.length !== spans.length) {
      spans = now;
      changed = Date.now();
    } else if (spans.length > 0 && Date.now() - changed > quietMs) return spans;
    await delay(pollMs);
  }
  return spans;
}
