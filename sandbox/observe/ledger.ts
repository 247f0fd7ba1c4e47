import type { CollectorAccount } from './collector.js';
import { lossesIn, type ReporterCounters } from './reporter-counters.js';
import { edgeBetween, type Snapshot } from './snapshot.js';
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

export interface Ledger {
  readonly rows: readonly LedgerRow[];
  readonly total: { readonly stored: number; readonly evicted: number; readonly missing: number };
  readonly wholeTraces: number;
  /** The ids of a few of them. */
  readonly incompleteTraces: readonly string[];
  /** What is odd but not a loss, or makes the ledger inexact. */
  readonly notes: readonly string[];
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

const inWords: Readonly<Record<string, string>> = {
  reports_dropped: 'reports that were answered with an error',
  reports_failed: 'reports that got no answer',
  reports_skipped_no_cluster: 'reports that had no collector cluster',
  upstream_rq_retry_overflow: 'reports that were dropped because too many waited for a retry',
  upstream_rq_pending_overflow: 'reports that were dropped because too many waited for a connection',
};

const list = (losses: readonly [name: string, count: number][]): string =>
  losses.map(([name, count]) => `${count} ${inWords[name] ?? name}`).join(', ');

function rowOf(reporter: string, input: LedgerInput, everyTraced: boolean, othersCame: boolean): LedgerRow {
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
  const losses = lossesIn(own?.counters ?? {});
  const causes = [
    losses.length > 0 && list(losses),
    own?.restarted && 'it restarted and lost the spans that it had not delivered',
    collector.spansDropped > 0 && `Zipkin could not store ${collector.spansDropped} spans`,
    collector.messagesDropped > 0 && `Zipkin refused ${collector.messagesDropped} reports`,
    collector.restarts > 0 && 'Zipkin restarted and lost the spans in its memory',
    traffic.unanswered > 0 && `${traffic.unanswered} requests got no answer, so their trace ids are not known`,
  ].filter((cause) => typeof cause === 'string');
  const remarks = [
    !own && (isOwnApp ? 'an app of your own: its counters are unknown' : 'its counters cannot be read'),
    own?.restarted && 'it restarted during the load, so its counters began again',
    comparable !== undefined &&
      expected !== undefined &&
      comparable < expected &&
      `it counted ${expected - comparable} spans fewer than the requests should leave`,
    missing > 0 && `${missing} are missing: ${causes.join('; ') || 'no counter says why'}`,
    comparable !== undefined && comparable < seen && `Zipkin has ${seen - comparable} spans more than it counted`,
    missing === 0 && losses.length > 0 && `${list(losses)}, but no span is missing`,
  ];
  return {
    ...{ reporter, expected, counted, stored, evicted, missing },
    counters: own?.counters ?? {},
    remarks: remarks.filter((remark) => typeof remark === 'string'),
  };
}

/**
 * Compares what every reporter counted with what Zipkin has. It says for each where the two differ and which counters
 * explain that. No number of a row is computed from another one, so a counter that stands still is noticed.
 *
 * An Envoy may give up a report that Zipkin took. A stored span is not missing, whatever the Envoy counted.
 */
export function joinLedger(input: LedgerInput): Ledger {
  const { traffic, before, after, found, collector } = input;
  const atEdge = edgeBetween(before, after);
  const others = Math.max(0, atEdge.requests - traffic.requests);
  const everyTraced = traffic.sampled ?? atEdge.traced >= atEdge.requests;
  // One of the user's own apps may report under any name.
  const unknown = traffic.ownApps.length > 0 ? Object.keys(found.stored) : [];
  const reporters = new Set([...Object.keys(after.reporters), ...unknown]);
  const rows = [...reporters].map((reporter) => rowOf(reporter, input, everyTraced, others > 0));
  const sum = (column: 'stored' | 'evicted' | 'missing') => rows.reduce((total, row) => total + row[column], 0);
  const [stored, evicted] = [sum('stored'), sum('evicted')];
  // Evicted spans can no longer be read. Only the collector's counter shows that Zipkin had them.
  const unproven = Math.max(0, Math.min(evicted, stored + evicted - (collector.spans - collector.spansDropped)));
  const unexpected = Object.entries(found.unexpected).map(([reporter, spans]) => `${spans} of ${reporter}`);
  const notes = [
    unproven > 0 &&
      `${unproven} spans count as missing: they seem to be evicted, but Zipkin's collector did not count them`,
    others > 0 && `${others} requests of others passed the front proxy during the load, so no counters are compared`,
    unexpected.length > 0 && `more spans than the requests should leave: ${unexpected.join(', ')}`,
    collector.restarts > 0 &&
      `Zipkin was restarted ${collector.restarts === 1 ? 'once' : `${collector.restarts} times`}`,
    collector.silentSeconds > 3 && `Zipkin did not answer for ${collector.silentSeconds.toFixed(0)} s`,
    collector.messagesDropped > 0 && `Zipkin could not read ${collector.messagesDropped} reports and refused them`,
  ];
  return {
    rows,
    total: { stored, evicted, missing: sum('missing') + unproven },
    wholeTraces: found.wholeTraces,
    incompleteTraces: found.incompleteTraces,
    notes: notes.filter((note) => typeof note === 'string'),
  };
}
