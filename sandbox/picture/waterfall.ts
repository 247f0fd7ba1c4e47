import { alignClocks, type ClockSkew, type Interval } from '../trace/clock.js';
import { criticalPath } from '../trace/critical-path.js';
import { formatMicros } from '../trace/duration.js';
import { addTo } from '../trace/lists.js';
import { errorOf, labelOf } from '../trace/span.js';
import { splitTime, type TimeShare } from '../trace/time-split.js';
import { wrongUnitOf } from '../trace/time-unit.js';
import type { SpanNode, SpanTree } from '../trace/tree.js';
import { selectRows } from './leave-out.js';

/** One span of a waterfall. All times are microseconds since the start of the waterfall. */
export interface WaterfallRow {
  readonly node: SpanNode;
  /** Undefined for a span without a timestamp. */
  readonly time: Interval | undefined;
  /** The parts of the critical path in which the span worked itself. */
  readonly own: readonly Interval[];
  readonly isOnPath: boolean;
  readonly isFailed: boolean;
  /** Faults: how the span says that it failed, and what is odd about its place or time. Then other remarks. */
  readonly notes: readonly RowNote[];
}

export interface RowNote {
  readonly text: string;
  readonly isFault: boolean;
}

/** A trace that is ready to be drawn, on a terminal or as a picture. */
export interface Waterfall {
  readonly traceId: string;
  /** One for each span; for a very large trace, the most important spans. */
  readonly rows: readonly WaterfallRow[];
  /** How many spans the trace has, and how many of them failed. */
  readonly size: number;
  readonly failed: number;
  /** Epoch microseconds of the first span; undefined if no span has a timestamp. */
  readonly start: number | undefined;
  /** Microseconds from the start of the first span to the end of the last one. */
  readonly total: number;
  readonly shares: readonly TimeShare[];
}

const laidOut = new WeakMap<SpanTree, Waterfall>();

/**
 * Lays a trace out as a waterfall: on one clock, with its critical path and the split of its time. Computed once for
 * each tree.
 */
export function layOutWaterfall(tree: SpanTree): Waterfall {
  const waterfall = laidOut.get(tree) ?? layOut(tree);
  laidOut.set(tree, waterfall);
  return waterfall;
}

function layOut(tree: SpanTree): Waterfall {
  const { timeOf, skews } = alignClocks(tree);
  const path = criticalPath(tree, timeOf);
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const time of timeOf.values()) {
    start = Math.min(start, time.start);
    end = Math.max(end, time.end);
  }
  const sinceStart = (time: Interval) => ({ start: time.start - start, end: time.end - start });
  const ownOf = new Map<SpanNode, Interval[]>();
  for (const segment of path.segments) addTo(ownOf, segment.node, sinceStart(segment));
  const skewOf = new Map(skews.map((skew) => [skew.node, skew]));
  const { isDrawn, leftOut } = selectRows(tree);
  const rows = tree.nodes.filter(isDrawn).map((node): WaterfallRow => {
    const time = timeOf.get(node);
    const isFirst = node === tree.roots[0];
    const isCalled = isFirst && node.detached === 'missing parent';
    const caller = isCalled ? [`its caller ${node.span.parentId} is not in this trace`] : [];
    return {
      node,
      time: time && sinceStart(time),
      own: ownOf.get(node) ?? [],
      isOnPath: path.nodes.has(node),
      isFailed: errorOf(node.span) !== undefined,
      notes: [
        ...faultsOf(node, isFirst, skewOf.get(node)).map((text) => ({ text, isFault: true })),
        ...[caller, leftOut.get(node) ?? []].flat().map((text) => ({ text, isFault: false })),
      ],
    };
  });
  return {
    traceId: tree.roots[0]?.span.traceId ?? '',
    rows,
    size: tree.nodes.length,
    failed: tree.nodes.filter(({ span }) => errorOf(span) !== undefined).length,
    start: timeOf.size > 0 ? start : undefined,
    total: timeOf.size > 0 ? end - start : 0,
    shares: splitTime(path),
  };
}

function faultsOf({ span, detached, sameIdAs }: SpanNode, isFirst: boolean, skew: ClockSkew | undefined): string[] {
  const unit = wrongUnitOf(span.timestamp);
  const amount = formatMicros(Math.abs(skew?.ahead ?? 0));
  const faults = [
    errorOf(span),
    detached === 'missing parent' && !isFirst && `its parent ${span.parentId} is not in this trace`,
    detached === 'cycle' && `its parent ${span.parentId} is one of its own descendants`,
    sameIdAs && `${labelOf(sameIdAs.span)} has the same id, ${span.id}`,
    unit && `its timestamp is in ${unit}, not in microseconds`,
    (span.duration ?? 0) < 0 && 'its duration is negative',
    skew &&
      `the clock of ${skew.service} is ${amount} ${skew.ahead > 0 ? 'ahead' : 'behind'}; drawn with the clock set right`,
  ];
  return faults.filter((fault) => typeof fault === 'string');
}
