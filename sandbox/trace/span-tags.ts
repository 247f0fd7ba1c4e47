import type { Span } from './span.js';

/** The tag in which Envoy's SERVER spans carry the request's x-request-id. */
export const requestIdTag = 'guid:x-request-id';

/** The x-request-id that the spans of a trace carry; undefined if none does. */
export function requestIdOf(spans: Iterable<Span>): string | undefined {
  for (const { tags } of spans) {
    const id = tags?.[requestIdTag];
    if (id !== undefined) return id;
  }
  return undefined;
}

/**
 * What a span says of its failure: the `error` tag, with status and Envoy's flags beside it; undefined if it is well.
 * `error=false` comes from tracers whose tags are booleans: such a span did not fail.
 */
export function errorOf({ tags }: Span): string | undefined {
  if (tags?.error === undefined || deniesError(tags)) return undefined;
  const details = ['http.status_code', 'response_flags'].filter((tag) => tags[tag] !== undefined && tags[tag] !== '-');
  return ['error', ...details].map((tag) => `${tag}=${tags[tag]}`).join(' ');
}

/** Whether a span says that it did not fail in the tag by which Zipkin takes it for failed. */
export function deniesError(tags: Span['tags']): boolean {
  return tags?.error?.toLowerCase() === 'false';
}
