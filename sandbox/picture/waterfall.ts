import { alignClocks, type ClockSkew, type Interval } from '../trace/clock.js';
import { criticalPath } from '../trace/critical-path.js';
import { formatMicros } from '../trace/duration.js';
import { errorOf } from '../trace/span-tags.js';
import { splitTime, type TimeShare } from '../trace/time-split.js';
import { type SpanNode, type SpanTree, walkTree } from '../trace/tree.js';

/** One span of a waterfall. All times in microseconds since the waterfall's start. */
export interface WaterfallRow {
  readonly node: SpanNode;
  /** Undefined for a span without timestamp. */
  readonly time: Interval | undefined;
  /** The parts of the critical path that the span spent itself. */
  readonly own: readonly Interval[];
  readonly isOnPath: boolean;
  /** What the span says of its failure; see `errorOf`. */
  readonly error: string | undefined;
  /** What is odd about the span's place or time, in plain words. */
  readonly remarks: readonly string[];
}

/** A trace ready to be drawn, whatever it is drawn on. */
export interface Waterfall {
  readonly traceId: string;
  readonly rows: readonly WaterfallRow[];
  /** Epoch microseconds of the first span; undefined if no span has a timestamp. */
  readonly start: number | undefined;
  /** Microseconds from the first span's start to the last one's end. */
  readonly total: number;
  readonly shares: readonly TimeShare[];
}

/** Lays a trace out as a waterfall: on one clock, with its critical path and the split of its time. */
export function layOutWaterfall(tree: SpanTree): Waterfall {
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
  for (const segment of path.segments) {
    ownOf.set(segment.node, [...(ownOf.get(segment.node) ?? []), sinceStart(segment)]);
  }
  const skewOf = new Map(skews.map((skew) => [skew.node, skew]));
  const rows = [...walkTree(tree)].map((node): WaterfallRow => {
    const time = timeOf.get(node);
    return {
      node,
      time: time && sinceStart(time),
      own: ownOf.get(node) ?? [],
      isOnPath: path.nodes.has(node),
      error: errorOf(node.span),
      remarks: remarksOn(node, skewOf.get(node)),
    };
  });
  return {
    traceId: tree.roots[0]?.span.traceId ?? '',
    rows,
    start: timeOf.size > 0 ? start : undefined,
    total: timeOf.size > 0 ? end - start : 0,
    shares: splitTime(path),
  };
}

function remarksOn({ span, detached, duplicate }: SpanNode, skew: ClockSkew | undefined): string[] {
  const remarks: string[] = [];
  if (detached === 'missing parent') remarks.push(`its parent ${span.parentId} is not in this trace`);
  if (detached === 'cycle') remarks.push(`its parent ${span.parentId} is one of its own descendants`);
  if (duplicate) remarks.push(`recorded twice: another span has this id, ${span.id}`);
  if ((span.duration ?? 0) < 0) remarks.push('its duration is negative');
  if (skew) {
    const amount = formatMicros(Math.abs(skew.ahead));
    remarks.push(
      `the clock of ${skew.service} is ${amount} ${skew.ahead > 0 ? 'ahead' : 'behind'}; drawn as if it were right`,
    );
  }
  return remarks;
}
