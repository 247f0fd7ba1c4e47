import type { CollectorAccount } from './collector.js';
import { describeLosses, type ReporterCounters } from './reporter-counters.js';
import type { Snapshot } from './snapshot.js';
import type { SpanCounts, StoredSpans } from './stored-traces.js';

/** The requests of one load. */
export interface Traffic {
  readonly requests: number;
  /** Answered with 200. */
  readonly asExpected: number;
  /** Without an answer, so without a known trace id. */
  readonly unanswered: number;
  /** The sampling decision that every request carried; undefined if the front proxy decides. */
  readonly sampled: boolean | undefined;
  /** The spans of one traced request by reporter; empty if they are not known. */
  readonly spansEach: SpanCounts;
  /** The reporters that are apps of the user's own. */
  readonly ownApps: readonly string[];
}

export interface LedgerInput {
  readonly traffic: Traffic;
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly found: StoredSpans;
  readonly collector: CollectorAccount;
}

/** The spans of one reporter. Each number has its own source. */
export interface LedgerRow {
  readonly reporter: string;
  /** The spans that the answered requests must leave; undefined if that is not known. */
  readonly expected: number | undefined;
  /**
   * The spans that the reporter counted: an Envoy those that it put into reports, an app those that it recorded.
   * Undefined if the counter cannot be read.
   */
  readonly counted: number | undefined;
  /** The spans that Zipkin has or had. */
  readonly stored: number;
  /** The spans of traces that Zipkin has forgotten for newer ones. */
  readonly evicted: number;
  /** All counters of the reporter that moved, by their own names. */
  readonly counters: Readonly<Record<string, number>>;
  /** Spans that were expected or counted and are neither stored nor evicted. */
  readonly missing: number;
  /** Where the numbers differ, and what the reporter's counters say about it. Empty if they agree. */
  readonly remarks: readonly string[];
}

/** What a reporter counted between two readings. */
interface Counted {
  readonly spans: number;
  readonly counters: Readonly<Record<string, number>>;
  /** Its counters began again at 0 between the readings, so what it had counted before is lost. */
  readonly restarted: boolean;
}

const clockLeeway = 3;

function countedBetween(
  before: ReporterCounters | undefined,
  after: ReporterCounters | undefined,
  seconds: number,
): Counted | undefined {
  if (!after) return undefined;
  const restarted = before === undefined || after.uptimeSeconds < before.uptimeSeconds + seconds - clockLeeway;
  const earlier = restarted ? undefined : before;
  const moved = Object.entries(after.counters)
    .map(([name, count]) => [name, count - (earlier?.counters[name] ?? 0)] as const)
    .filter(([, count]) => count !== 0);
  return { spans: after.spans - (earlier?.spans ?? 0), counters: Object.fromEntries(moved), restarted };
}

/**
 * Makes the row of one reporter.
 *
 * @param everyTraced whether every request was traced
 * @param othersCame whether there were other requests during the load
 */
export function rowOf(reporter: string, input: LedgerInput, everyTraced: boolean, othersCame: boolean): LedgerRow {
  const { traffic, before, after, found, collector } = input;
  const seconds = (after.at - before.at) / 1000;
  const own = countedBetween(before.reporters[reporter], after.reporters[reporter], seconds);
  const spansEach = traffic.spansEach[reporter];
  const expected = spansEach !== undefined && everyTraced ? spansEach * traffic.asExpected : undefined;
  const isOwnApp = traffic.ownApps.includes(reporter) || !(reporter in after.reporters);
  const stored = found.stored[reporter] ?? 0;
  const evicted = found.evicted[reporter] ?? 0;
  const seen = stored + evicted;
  const counted = own?.spans;
  // The counters of a reporter do not say whose requests they count, and a restart sets them to 0.
  const comparable = othersCame || own?.restarted ? undefined : counted;
  const missing = Math.max(0, (expected ?? 0) - seen, (comparable ?? 0) - seen);
  const losses = describeLosses(own?.counters ?? {});
  const causes = [
    losses,
    own?.restarted && 'it restarted and lost the spans that it had not delivered',
    collector.spansDropped > 0 && `Zipkin could not store ${collector.spansDropped} spans`,
    collector.messagesDropped > 0 && `Zipkin refused ${collector.messagesDropped} reports`,
    collector.restarts > 0 && 'Zipkin restarted and lost the spans in its memory',
    traffic.unanswered > 0 && `${traffic.unanswered} requests got no answer, so their trace ids are not known`,
  ].flatMap((cause) => cause || []);
  const remarks = [
    !own && (isOwnApp ? 'an app of your own: its counters are unknown' : 'its counters cannot be read'),
    own?.restarted && 'it restarted during the load, so its counters began again',
    comparable !== undefined &&
      expected !== undefined &&
      comparable < expected &&
      `it counted ${expected - comparable} spans fewer than the requests should leave`,
    missing > 0 && `${missing} are missing: ${causes.join('; ') || 'no counter says why'}`,
    comparable !== undefined && comparable < seen && `Zipkin has ${seen - comparable} spans more than it counted`,
    missing === 0 && losses && `${losses}, but no span is missing`,
  ];
  return {
    ...{ reporter, expected, counted, stored, evicted, missing },
    counters: own?.counters ?? {},
    remarks: remarks.flatMap((remark) => remark || []),
  };
}
