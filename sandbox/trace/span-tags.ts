import type { Span } from './span.js';

/** Envoy's SERVER spans have the request's x-request-id in this tag. */
export const requestIdTag = 'guid:x-request-id';

/** The x-request-id that the spans of a trace have; undefined if none has one. */
export function requestIdOf(spans: Iterable<Span>): string | undefined {
  for (const { tags } of spans) {
    const id = tags?.[requestIdTag];
    if (id !== undefined) return id;
  }
  return undefined;
}

/**
 * How a span says that it failed: the `error` tag, with status and Envoy's flags beside it. Undefined if it did not
 * fail. Tracers with boolean tags write `error=false` into spans that did not fail.
 */
export function errorOf({ tags }: Span): string | undefined {
  if (tags?.error === undefined || deniesError(tags)) return undefined;
  const details = ['http.status_code', 'response_flags'].filter((tag) => tags[tag] !== undefined && tags[tag] !== '-');
  return ['error', ...details].map((tag) => `${tag}=${tags[tag]}`).join(' ');
}

/** Whether a span says that it did not fail, in the tag that makes Zipkin show it as failed. */
export function deniesError(tags: Span['tags']): boolean {
  return tags?.error?.toLowerCase() === 'false';
}
