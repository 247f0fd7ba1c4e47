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
 * Puts all spans of a trace on one clock. A process is taken to have a clock of its own if a span of it began before its
 * caller, or after its caller had ended, by more than `tolerance` microseconds, which no right clocks can show; as Zipkin
 * does, that span is moved into the middle of its caller, and all others of that process by as much. That a span ends
 * after its caller proves nothing: a server notes its end when the caller has long had the answer.
 */
export function alignClocks(tree: SpanTree, tolerance = 1000): Clocks {
  const timeOf = new Map<SpanNode, Interval>();
  const skews: ClockSkew[] = [];
  const processOf = new Map<SpanNode, string>();
  const aheadOf = new Map<string, number>();
  for (const node of walkTree(tree)) {
    const process = nameProcess(node, processOf);
    processOf.set(node, process);
    const { timestamp, duration = 0 } = node.span;
    if (timestamp === undefined) continue;
    const length = Math.max(0, duration);
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

/** Service and address; a span without address ran where its parent of the same service did. */
function nameProcess({ span, parent }: SpanNode, processOf: ReadonlyMap<SpanNode, string>): string {
  const { ipv4, ipv6 } = span.localEndpoint ?? {};
  const address = ipv4 ?? ipv6;
  const isParents = parent && address === undefined && serviceOf(parent.span) === serviceOf(span);
  return (isParents && processOf.get(parent)) || `${serviceOf(span)} ${address}`;
}

function skewOf(start: number, length: number, outer: Interval, tolerance: number): number {
  const isPossible = start >= outer.start - tolerance && start <= outer.end + tolerance;
  return isPossible ? 0 : Math.round(start - outer.start - (outer.end - outer.start - length) / 2);
}
