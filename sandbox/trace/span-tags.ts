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

/** What a span says of its failure: the `error` tag, with status and Envoy's flags beside it; undefined if it is well. */
export function errorOf({ tags }: Span): string | undefined {
  if (tags?.error === undefined) return undefined;
  const details = ['http.status_code', 'response_flags'].filter((tag) => tags[tag] !== undefined && tags[tag] !== '-');
  return ['error', ...details].map((tag) => `${tag}=${tags[tag]}`).join(' ');
}
