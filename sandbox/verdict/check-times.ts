import { namePlaces } from '../trace/clock.js';
import { wrongUnitOf } from '../trace/time-unit.js';
import { isAnsweredCall, type SpanNode, type SpanTree } from '../trace/tree.js';
import type { ShapeFinding, TraceFinding } from './finding.js';
import type { Shape } from './shape.js';
import { hopOf } from './span-pattern.js';

/** The limits that a user may set. */
export interface Limits {
  /** Microseconds that a span may begin before its parent, because clocks are coarse. Default 1,000. */
  readonly startTolerance?: number | undefined;
  /**
   * Microseconds that a server may end after its client. Default: no limit, because a client need not wait for the
   * whole answer.
   */
  readonly endTolerance?: number | undefined;
  /** Longest duration of the whole request in microseconds. Default: no limit. */
  readonly within?: number | undefined;
}

/** Finds spans without a possible time, and spans that lie outside their parents. */
export function checkTimes(tree: SpanTree, limits: Limits): TraceFinding[] {
  const { startTolerance = 1_000, endTolerance = Number.POSITIVE_INFINITY } = limits;
  const placeOf = namePlaces(tree);
  return tree.nodes.flatMap((node): TraceFinding[] => {
    const { span, parent } = node;
    const { timestamp, duration } = span;
    if (timestamp === undefined || (duration === undefined && !isOneWay(node)))
      return [{ type: 'unfinished-span', span }];
    const unit = wrongUnitOf(timestamp);
    if (unit) return [{ type: 'wrong-unit', span, unit }];
    if (duration !== undefined && duration < 0) return [{ type: 'negative-duration', span }];
    const outer = parent?.span;
    if (outer?.timestamp === undefined || wrongUnitOf(outer.timestamp)) return [];
    const outside = { type: 'outside-parent', span, parent: outer } as const;
    const early = outer.timestamp - timestamp;
    // Inside one process, a tracer may record a span afterwards, such as the wait in a queue. And a consumer waits for
    // messages.
    const isCause = parent && placeOf(node) !== placeOf(parent) && span.kind !== 'CONSUMER';
    if (isCause && early > startTolerance) return [{ ...outside, how: 'starts before', micros: early }];
    if (!isAnsweredCall(node) || outer.duration === undefined || duration === undefined) return [];
    const missed = timestamp - (outer.timestamp + outer.duration);
    const late = missed + duration;
    if (missed > endTolerance) return [{ ...outside, how: 'starts after the end of', micros: missed }];
    return late > endTolerance ? [{ ...outside, how: 'ends after', micros: late }] : [];
  });
}

/** A message needs no duration, and neither does a call whose answer nobody waits for. */
function isOneWay(node: SpanNode): boolean {
  const { span, parent, children } = node;
  if (span.kind === 'PRODUCER' || span.kind === 'CONSUMER') return true;
  if (isAnsweredCall(node)) return parent?.span.duration === undefined;
  return span.kind === 'CLIENT' && children.some((child) => isAnsweredCall(child) && child.span.duration === undefined);
}

/** Finds a request that took too long. */
export function checkDuration({ root }: Shape, { roots }: SpanTree, { within }: Limits): ShapeFinding[] {
  const span = roots[0]?.span;
  if (!span || within === undefined || (span.duration ?? 0) <= within) return [];
  return [{ type: 'slow-span', hop: hopOf(root), span, limit: within }];
}
