import { labelOf, type Span } from '../trace/span.js';

/** The first digits of an id, for people. */
export function shortId(id: string): string {
  return id.length > 10 ? `${id.slice(0, 8)}…` : id;
}

/** Names a span for people, for example `cart-app CLIENT 4bf92f35…`. */
export function nameShortly(span: Span): string {
  return `${labelOf(span)} ${shortId(span.id)}`;
}

/** `a`, `a and b`, `a, b and c`. Each word once. */
export function listOf(words: Iterable<string>): string {
  const all = [...new Set(words)];
  const last = all.pop() ?? '';
  return all.length > 0 ? `${all.join(', ')} and ${last}` : last;
}

/** Says how many more there are, at the end of a sentence about the first of several. */
export function moreLikeIt({ length }: readonly unknown[]): string {
  return length > 1 ? `, and ${length - 1} more like it` : '';
}
