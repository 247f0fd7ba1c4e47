import type { Span } from '../trace/span.js';

/**
 * A reporter that got no answer sends its spans again. Zipkin's memory holds equal spans once; its Cassandra storage
 * gives each write a key of its own and answers with all of them.
 *
 * @returns the spans, of those equal in every field only the first
 * @see https://github.com/openzipkin/zipkin/blob/master/zipkin-storage/cassandra/README.md
 */
export function distinctSpans(spans: readonly Span[]): Span[] {
  const seen = new Map<string, Span>();
  for (const span of spans) {
    const text = JSON.stringify(span);
    if (!seen.has(text)) seen.set(text, span);
  }
  return [...seen.values()];
}
