import type { Interval } from './clock.js';
import { isAnsweredCall, type SpanNode, type SpanTree } from './tree.js';

/** Time in which a span worked itself, while no other span of the request did. */
export interface Segment extends Interval {
  readonly node: SpanNode;
}

export interface CriticalPath {
  /** In order of time, without a gap, from the start of the root to its end. */
  readonly segments: readonly Segment[];
  /** All spans on the path. */
  readonly nodes: ReadonlySet<SpanNode>;
}

/**
 * Finds the chain of work that decided how long the request took. It starts at the end of the request: at each moment,
 * the parent waited for the child that ended last. The part of a child outside its parent does not count. Nobody waits
 * for a consumer, nor for work that mostly ran after its parent ended. If there are several roots, the first one with a
 * time counts.
 *
 * @param timeOf from `alignClocks`
 */
export function criticalPath(tree: SpanTree, timeOf: ReadonlyMap<SpanNode, Interval>): CriticalPath {
  const segments: Segment[] = [];
  const nodes = new Set<SpanNode>();
  const root = tree.roots.find((node) => timeOf.has(node));
  const whole = root && timeOf.get(root);
  const waiting: Segment[] = root && whole ? [{ node: root, ...whole }] : [];
  for (let visit = waiting.pop(); visit; visit = waiting.pop()) {
    const { node, start, end } = visit;
    nodes.add(node);
    let until = end;
    for (const child of latestFirst(node, visit, timeOf)) {
      if (child.end > until) continue;
      if (child.end < until) segments.push({ node, start: child.end, end: until });
      waiting.push(child);
      until = child.start;
    }
    if (start < until) segments.push({ node, start, end: until });
  }
  return { segments: segments.sort((a, b) => a.start - b.start), nodes };
}

function latestFirst(node: SpanNode, within: Interval, timeOf: ReadonlyMap<SpanNode, Interval>): Segment[] {
  const outer = timeOf.get(node) ?? within;
  return node.children
    .flatMap((child) => {
      const time = timeOf.get(child);
      if (!time || !isWaitedFor(child, time, outer)) return [];
      return [{ node: child, start: Math.max(time.start, within.start), end: Math.min(time.end, within.end) }];
    })
    .filter(({ start, end }) => start < end)
    .sort((a, b) => b.end - a.end);
}

/** Microseconds that a span may end after its parent because of clocks or late recording. */
const lateNote = 50_000;

function isWaitedFor(child: SpanNode, { start, end }: Interval, outer: Interval): boolean {
  if (child.span.kind === 'CONSUMER') return false;
  const inside = outer.end - Math.max(start, outer.start);
  return isAnsweredCall(child) || end - outer.end <= Math.max(0, Math.min(inside, lateNote));
}
