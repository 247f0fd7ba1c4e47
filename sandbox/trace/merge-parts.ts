import { addTo } from './lists.js';
import type { Span } from './span.js';

/**
 * Removes repeated spans. A process that got no answer sends its report again. Zipkin's memory keeps equal spans once;
 * its Cassandra storage keeps both.
 *
 * @returns the spans; of those that are equal in every field only the first
 * @see https://github.com/openzipkin/zipkin/blob/master/zipkin-storage/cassandra/README.md
 */
export function distinctSpans(spans: readonly Span[]): Span[] {
  const seen = new Set<string>();
  return spans.filter((span) => {
    const text = JSON.stringify(span, sortFields);
    return !seen.has(text) && seen.add(text);
  });
}

function sortFields(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Merges the parts of each span. A tracer may report a span in parts: one while it runs, the rest later. Zipkin's UI
 * merges spans with the same id, `shared` and endpoint. Here they must also have the same kind, parent, start and
 * outcome, because two attempts of one call are not parts of one span. A part that has none of these may lack `shared`.
 *
 * @returns the spans; equal ones once, and parts as one
 * @see https://github.com/openzipkin/zipkin/blob/master/zipkin-lens/src/zipkin/span-cleaner.js
 */
export function mergeParts(spans: readonly Span[]): Span[] {
  const groups = new Map<string, Span[]>();
  for (const span of spans) addTo(groups, span.id, span);
  return [...groups.values()].flatMap((group) => (group.length === 1 ? group : mergeGroup(distinctSpans(group))));
}

/** More spans with one id than this are not parts. Comparing each with each would take too long. */
const mostParts = 100;

function mergeGroup(group: readonly Span[]): Span[] {
  if (group.length > mostParts) return [...group];
  const merged: Span[] = [];
  for (const span of group) {
    const index = merged.findIndex((other) => areParts(other, span));
    const other = merged[index];
    if (other) merged[index] = merge(other, span);
    else merged.push(span);
  }
  return merged;
}

const isShared = ({ shared, kind }: Span) => shared === true && kind !== 'CLIENT';

/** Whether a span says only to which other span of its process it belongs. */
function isFragment({ kind, timestamp, duration, localEndpoint }: Span): boolean {
  return !kind && timestamp === undefined && duration === undefined && localEndpoint?.serviceName !== undefined;
}

const isFinished = ({ timestamp, duration }: Span) => timestamp !== undefined && duration !== undefined;

function areParts(a: Span, b: Span): boolean {
  const isOneSpan =
    agree(a, b, 'kind', 'parentId', 'timestamp', 'duration') &&
    agree(a.localEndpoint ?? {}, b.localEndpoint ?? {}, 'serviceName', 'ipv4', 'ipv6', 'port');
  const isOneSide = isShared(a) === isShared(b) || isFragment(a) || isFragment(b);
  const tags = Object.keys(a.tags ?? {});
  return isOneSpan && isOneSide && (!isFinished(a) || !isFinished(b) || agree(a.tags ?? {}, b.tags ?? {}, ...tags));
}

/** Whether each field has a value in one of the two only, or the same value in both. */
function agree<T extends object>(a: T, b: T, ...fields: readonly (keyof T)[]): boolean {
  return fields.every((field) => a[field] === undefined || b[field] === undefined || a[field] === b[field]);
}

function merge(left: Span, right: Span): Span {
  const name = [left.name, right.name].find((text) => text !== undefined && text !== '' && text !== 'unknown');
  const annotations = [...(left.annotations ?? []), ...(right.annotations ?? [])];
  return {
    ...right,
    ...left,
    ...(name !== undefined && { name }),
    localEndpoint: { ...left.localEndpoint, ...right.localEndpoint },
    remoteEndpoint: { ...left.remoteEndpoint, ...right.remoteEndpoint },
    ...((isShared(left) || isShared(right)) && { shared: true }),
    tags: { ...left.tags, ...right.tags },
    ...(annotations.length > 0 && { annotations }),
  };
}
