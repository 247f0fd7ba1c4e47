import { wrongUnitOf } from './time-unit.js';
import { addressOf, isAnsweredCall, type SpanNode, type SpanTree, serviceOf, walkTree } from './tree.js';

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
const defaultTolerance = 1000;

/**
 * Names the process of each span: service and address. A span without an address gets the process of its parent, if
 * that is of the same service.
 */
export function namePlaces(tree: SpanTree): ReadonlyMap<SpanNode, string> {
  const placeOf = new Map<SpanNode, string>();
  for (const node of walkTree(tree)) {
    const { span, parent } = node;
    const address = addressOf(span);
    const isParents = parent && address === undefined && serviceOf(parent.span) === serviceOf(span);
    placeOf.set(node, (isParents && placeOf.get(parent)) || `${serviceOf(span)} ${address}`);
  }
  return placeOf;
}

/** Whether two spans are known to come from one host, where processes share a clock. */
export function isSameHost(one: SpanNode, other: SpanNode): boolean {
  const address = addressOf(one.span);
  return address !== undefined && address === addressOf(other.span);
}

/**
 * Puts all spans of a trace on one clock, as Zipkin's UI does. A clock is wrong where a server on another host began
 * before its client called it. A server that begins late is asynchronous. On one host, a process has a wrong clock only
 * if its spans disagree both with its caller and with a server that it called. The spans of a process with a wrong
 * clock are moved, so that its server span lies in the middle of its call.
 *
 * @see https://github.com/openzipkin/zipkin/blob/master/zipkin-lens/src/zipkin/clock-skew.js
 */
export function alignClocks(tree: SpanTree, tolerance = defaultTolerance): Clocks {
  const placeOf = namePlaces(tree);
  const suspects = findSuspects(tree, placeOf, tolerance);
  const timeOf = new Map<SpanNode, Interval>();
  const skews: ClockSkew[] = [];
  const aheadOf = new Map<string, number>();
  for (const node of walkTree(tree)) {
    const place = placeOf.get(node) ?? '';
    const raw = rawTime(node);
    if (!raw) continue;
    let ahead = aheadOf.get(place);
    if (ahead === undefined) {
      const above = (node.parent && aheadOf.get(placeOf.get(node.parent) ?? '')) ?? 0;
      ahead = isAnsweredCall(node) ? aheadOfServer(node, raw, { above, timeOf, suspects, place, tolerance }) : 0;
      aheadOf.set(place, ahead);
      if (ahead !== 0) skews.push({ service: serviceOf(node.span), ahead, node });
    }
    timeOf.set(node, { start: raw.start - ahead, end: raw.end - ahead });
  }
  spanUnfinished(tree, timeOf);
  return { timeOf, skews };
}

function rawTime({ span: { timestamp, duration = 0 } }: SpanNode): Interval | undefined {
  if (timestamp === undefined || wrongUnitOf(timestamp)) return undefined;
  return { start: timestamp, end: timestamp + Math.max(0, duration) };
}

interface Surroundings {
  /** Microseconds that the caller's clock is ahead. */
  readonly above: number;
  readonly timeOf: ReadonlyMap<SpanNode, Interval>;
  readonly suspects: ReadonlySet<string>;
  readonly place: string;
  readonly tolerance: number;
}

function aheadOfServer({ parent }: SpanNode, { start, end }: Interval, around: Surroundings): number {
  const { above, timeOf, suspects, place, tolerance } = around;
  const outer = parent && timeOf.get(parent);
  if (!outer) return above;
  const fits = (ahead: number) => start - ahead >= outer.start - tolerance && start - ahead <= outer.end + tolerance;
  const known = [above, 0].find(fits);
  if (known !== undefined || !suspects.has(place)) return known ?? above;
  return Math.round(start - outer.start - Math.max(0, outer.end - outer.start - (end - start)) / 2);
}

/** Finds the processes whose clock may be wrong. */
function findSuspects(tree: SpanTree, placeOf: ReadonlyMap<SpanNode, string>, tolerance: number): Set<string> {
  const suspects = new Set<string>();
  const doubts = new Map<string, number>();
  const early = new Set<string>();
  for (const node of walkTree(tree)) {
    const { parent } = node;
    const [inner, outer] = [rawTime(node), parent && rawTime(parent)];
    if (!parent || !inner || !outer || !isAnsweredCall(node)) continue;
    const places = [placeOf.get(node) ?? '', placeOf.get(parent) ?? ''];
    const isEarly = inner.start < outer.start - tolerance;
    if (places[0] === places[1] || (!isEarly && inner.start <= outer.end + tolerance)) continue;
    for (const place of places) {
      if (isEarly && !isSameHost(node, parent)) suspects.add(place);
      if (isEarly) early.add(place);
      doubts.set(place, (doubts.get(place) ?? 0) + 1);
    }
  }
  for (const place of early) if ((doubts.get(place) ?? 0) > 1) suspects.add(place);
  return suspects;
}

/** Makes a span that never finished last at least as long as the spans that it called. */
function spanUnfinished(tree: SpanTree, timeOf: Map<SpanNode, Interval>): void {
  for (const node of [...walkTree(tree)].reverse()) {
    const time = timeOf.get(node);
    if (!time || node.span.duration !== undefined || node.span.kind === 'PRODUCER') continue;
    const end = node.children.reduce((last, child) => Math.max(last, timeOf.get(child)?.end ?? last), time.end);
    timeOf.set(node, { start: time.start, end });
  }
}
