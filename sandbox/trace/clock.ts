import { addressOf, type Span, serviceOf } from './span.js';
import { wrongUnitOf } from './time-unit.js';
import { isAnsweredCall, type SpanNode, type SpanTree } from './tree.js';

/** Microseconds by the clock of the root's process. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** A process whose clock differs from the root's. */
export interface ClockSkew {
  readonly service: string;
  /** Microseconds that its clock is ahead of the root's clock; negative when it is behind. */
  readonly ahead: number;
  /** The first span that shows the difference. */
  readonly node: SpanNode;
}

export interface Clocks {
  /** When each span ran. A span without a timestamp, or with one in another unit, is missing here. */
  readonly timeOf: ReadonlyMap<SpanNode, Interval>;
  readonly skews: readonly ClockSkew[];
}

/** Correct clocks may differ by this many microseconds, because many tracers measure in milliseconds. */
const tolerance = 1000;

/**
 * Names the process of each span: service and address. A span without an address gets the process of its parent, if
 * that is of the same service.
 */
export function namePlaces(tree: SpanTree): (node: SpanNode | undefined) => string {
  const placeOf = new Map<SpanNode | undefined, string>();
  for (const node of tree.nodes) {
    const { span, parent } = node;
    const address = addressOf(span);
    const isParents = parent && address === undefined && serviceOf(parent.span) === serviceOf(span);
    placeOf.set(node, (isParents && placeOf.get(parent)) || `${serviceOf(span)} ${address}`);
  }
  return (node) => placeOf.get(node) ?? '';
}

/**
 * Puts all spans of a trace on one clock, as Zipkin's UI does. A clock is wrong where a server on another host began
 * before its client called it. A server that begins late is asynchronous. On one host, a process has a wrong clock only
 * if its spans disagree both with its caller and with a server that it called. The spans of a process with a wrong
 * clock are moved, so that its server span lies in the middle of its call.
 *
 * @see https://github.com/openzipkin/zipkin/blob/master/zipkin-lens/src/zipkin/clock-skew.js
 */
export function alignClocks(tree: SpanTree): Clocks {
  const placeOf = namePlaces(tree);
  const suspects = findSuspects(tree, placeOf);
  const timeOf = new Map<SpanNode, Interval>();
  const skews: ClockSkew[] = [];
  const aheadOf = new Map<string, number>();
  for (const node of tree.nodes) {
    const { span, parent } = node;
    const time = rawTime(span);
    if (!time) continue;
    const place = placeOf(node);
    const above = aheadOf.get(placeOf(parent)) ?? 0;
    const outer = parent && timeOf.get(parent);
    const ofServer = () => (isAnsweredCall(node) ? aheadOfServer(time, outer, above, suspects.has(place)) : 0);
    const ahead = aheadOf.get(place) ?? ofServer();
    if (ahead !== 0 && !aheadOf.has(place)) skews.push({ service: serviceOf(span), ahead, node });
    aheadOf.set(place, ahead);
    timeOf.set(node, { start: time.start - ahead, end: time.end - ahead });
  }
  spanUnfinished(tree, timeOf);
  return { timeOf, skews };
}

function rawTime({ timestamp, duration = 0 }: Span): Interval | undefined {
  if (timestamp === undefined || wrongUnitOf(timestamp)) return undefined;
  return { start: timestamp, end: timestamp + Math.max(0, duration) };
}

/** @param above microseconds that the caller's clock is ahead */
function aheadOfServer(inner: Interval, outer: Interval | undefined, above: number, isSuspect: boolean): number {
  if (!outer) return above;
  const { start, end } = inner;
  const fits = (ahead: number) => start - ahead >= outer.start - tolerance && start - ahead <= outer.end + tolerance;
  const known = [above, 0].find(fits);
  if (known !== undefined || !isSuspect) return known ?? above;
  return Math.round(start - outer.start - Math.max(0, outer.end - outer.start - (end - start)) / 2);
}

/** Finds the processes whose clock may be wrong. */
function findSuspects(tree: SpanTree, placeOf: (node: SpanNode) => string): Set<string> {
  const suspects = new Set<string>();
  const doubts = new Map<string, number>();
  const early = new Set<string>();
  for (const node of tree.nodes) {
    const { parent } = node;
    const [inner, outer] = [rawTime(node.span), parent && rawTime(parent.span)];
    if (!parent || !inner || !outer || !isAnsweredCall(node)) continue;
    const places = [placeOf(node), placeOf(parent)];
    const isEarly = inner.start < outer.start - tolerance;
    if (places[0] === places[1] || (!isEarly && inner.start <= outer.end + tolerance)) continue;
    for (const place of places) {
      if (isEarly && !isSameHost(node.span, parent.span)) suspects.add(place);
      if (isEarly) early.add(place);
      doubts.set(place, (doubts.get(place) ?? 0) + 1);
    }
  }
  for (const place of early) if ((doubts.get(place) ?? 0) > 1) suspects.add(place);
  return suspects;
}

/** Whether two spans are known to come from one host, where processes share a clock. */
function isSameHost(one: Span, other: Span): boolean {
  const address = addressOf(one);
  return address !== undefined && address === addressOf(other);
}

/** Makes a span that never finished last at least as long as the spans that it called. */
function spanUnfinished(tree: SpanTree, timeOf: Map<SpanNode, Interval>): void {
  for (const node of tree.nodes.toReversed()) {
    const time = timeOf.get(node);
    if (!time || node.span.duration !== undefined || node.span.kind === 'PRODUCER') continue;
    const end = node.children.reduce((last, child) => Math.max(last, timeOf.get(child)?.end ?? last), time.end);
    timeOf.set(node, { start: time.start, end });
  }
}
