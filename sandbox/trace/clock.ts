import type { Span } from './span.js';
import { type SpanNode, type SpanTree, serviceOf, walkTree } from './tree.js';

/** Microseconds by the clock of the root's process. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** A process whose clock differs from the root's. */
export interface ClockSkew {
  readonly service: string;
  /** Microseconds that its clock is ahead of its caller's as seen in the trace; negative when behind. */
  readonly ahead: number;
  /** The first span in which it shows. */
  readonly node: SpanNode;
}

export interface Clocks {
  /** When each span ran; none for a span without timestamp. */
  readonly timeOf: ReadonlyMap<SpanNode, Interval>;
  readonly skews: readonly ClockSkew[];
}

/**
 * Puts all spans of a trace on one clock. As Zipkin does, a span of another process that lies outside its caller by more
 * than `tolerance` microseconds, and is no longer than it, is taken to have a clock of its own; it is moved into the
 * middle of its caller, and every other span of that process by as much.
 */
export function alignClocks(tree: SpanTree, tolerance = 1000): Clocks {
  const timeOf = new Map<SpanNode, Interval>();
  const skews: ClockSkew[] = [];
  const aheadOf = new Map<string, number>();
  for (const node of walkTree(tree)) {
    const { timestamp, duration = 0 } = node.span;
    if (timestamp === undefined) continue;
    const length = Math.max(0, duration);
    const process = processOf(node.span);
    const outer = node.parent && timeOf.get(node.parent);
    let ahead = aheadOf.get(process);
    if (ahead === undefined) {
      ahead = outer ? skewOf(timestamp, length, outer, tolerance) : 0;
      aheadOf.set(process, ahead);
      if (ahead !== 0) skews.push({ service: serviceOf(node.span), ahead, node });
    }
    timeOf.set(node, { start: timestamp - ahead, end: timestamp - ahead + length });
  }
  return { timeOf, skews };
}

function processOf({ localEndpoint }: Span): string {
  return `${localEndpoint?.serviceName} ${localEndpoint?.ipv4 ?? localEndpoint?.ipv6}`;
}

function skewOf(start: number, length: number, outer: Interval, tolerance: number): number {
  const isInside = start >= outer.start - tolerance && start + length <= outer.end + tolerance;
  const spare = outer.end - outer.start - length;
  return isInside || spare < 0 ? 0 : Math.round(start - outer.start - spare / 2);
}
