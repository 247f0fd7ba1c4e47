import type { Account, EnvoyAccount } from './account.js';
import type { CollectorAccount } from './collector-watch.js';
import { appDropReason, lostReportsReason } from './missing-reasons.js';
import type { SpanCounts, StoredSpans } from './stored-traces.js';

/** The requests of one load. */
export interface Traffic {
  readonly requests: number;
  /** Answered as the shape has it. */
  readonly asExpected: number;
  /** Without any answer, so without a known trace id. */
  readonly unanswered: number;
  /** The sampling decision that came with every request; `none` leaves it to the front. */
  readonly decision: 'none' | 'accept' | 'deny';
  /** Spans of one traced request by reporter; empty where the path has no shape. */
  readonly spansEach: SpanCounts;
}

export interface LedgerInput {
  readonly traffic: Traffic;
  /** By the reporter's name in Zipkin; undefined where its counters cannot be read. */
  readonly accounts: Readonly<Record<string, Account | undefined>>;
  readonly found: StoredSpans;
  readonly collector: CollectorAccount;
}

/** Spans that are not in Zipkin, and why. */
export interface Loss {
  readonly spans: number;
  readonly reason: string;
}

/** What became of the spans of one reporter, or of all. */
export interface SpanAccount {
  readonly recorded: number;
  readonly sent: number;
  /** Taken by Zipkin's collector. */
  readonly accepted: number;
  readonly stored: number;
  /** Stored, and by now pushed out by newer spans. */
  readonly evicted: number;
  /** In none of these: lost. */
  readonly missing: number;
}

export interface LedgerRow extends SpanAccount {
  readonly reporter: string;
  readonly losses: readonly Loss[];
}

export interface Ledger {
  readonly rows: readonly LedgerRow[];
  readonly total: SpanAccount;
  readonly wholeTraces: number;
  /** A few ids. */
  readonly incompleteTraces: readonly string[];
  /** What is odd without being a loss, or makes the ledger less than exact. */
  readonly notes: readonly string[];
}

/** Explains a number of missing spans bit by bit, from the reporter's end to Zipkin's. */
class Explanation {
  readonly losses: Loss[] = [];

  constructor(public left: number) {}

  /** @returns how many of what is left this reason accounts for: at most `most` */
  take(most: number, reason: string): number {
    const spans = Math.max(0, Math.min(this.left, most));
    this.left -= spans;
    if (spans > 0) this.losses.push({ spans, reason });
    return spans;
  }
}

const lostReports = ({ reports }: EnvoyAccount): number => reports.dropped + reports.failed + reports.skipped;

/** Which share of the requests was traced, from 0 to 1. */
function tracedShare({ traffic, accounts }: LedgerInput): number {
  if (traffic.decision !== 'none') return traffic.decision === 'accept' ? 1 : 0;
  const front = accounts['front-proxy'];
  return front?.kind === 'envoy' && front.requests > 0 ? Math.min(1, front.traced / front.requests) : 1;
}

function recordedBy(account: Account, stored: number, everyRequestTraced: boolean): number {
  const counted =
    account.kind === 'app'
      ? account.recorded
      : Math.max(account.sent, everyRequestTraced ? account.requests + account.attempts : 0);
  return account.restarted ? Math.max(counted, stored) : counted;
}

/** Takes what never left the reporter. */
function takeUnsent(missing: Explanation, account: Account, recorded: number): number {
  if (account.kind === 'envoy') {
    return missing.take(
      recorded - account.sent,
      'it put them in no report; was tracing.zipkin.min_flush_spans raised while it ran?',
    );
  }
  const { 'buffer-full': full = 0, shutdown = 0 } = account.dropped;
  return (
    missing.take(full, appDropReason('buffer-full')) +
    missing.take(shutdown, appDropReason('shutdown')) +
    missing.take(account.buffered, 'it still keeps them, for Zipkin does not take them')
  );
}

/** Takes what was sent and not accepted. */
function takeUnaccepted(missing: Explanation, account: Account): number {
  if (account.kind === 'envoy') {
    return missing.take(lostReports(account) * account.spansPerReport, lostReportsReason(account));
  }
  const refused = Object.entries(account.dropped).filter(([reason]) => reason.startsWith('refused-'));
  return refused.reduce((sum, [reason, spans]) => sum + missing.take(spans, appDropReason(reason)), 0);
}

function rowOf(reporter: string, input: LedgerInput, othersCame: boolean): LedgerRow {
  const { traffic, collector, found } = input;
  const account = input.accounts[reporter];
  const spansEach = traffic.spansEach[reporter] ?? 0;
  const share = tracedShare(input);
  const expected = Math.round(traffic.asExpected * share) * spansEach;
  const stored = found.stored[reporter] ?? 0;
  // The counters of a reporter know nothing of whose requests they count.
  const recorded =
    account === undefined || othersCame ? Math.max(expected, stored) : recordedBy(account, stored, share === 1);
  const owed = Math.max(expected, recorded);
  const missing = new Explanation(Math.max(0, owed - stored));

  const unrecordedReason = account?.restarted
    ? 'it was restarted, and what it had not sent was gone'
    : 'it never recorded them';
  const unrecorded = missing.take(expected - recorded, unrecordedReason);
  const unsent = account ? takeUnsent(missing, account, recorded) : 0;
  const unaccepted = account
    ? takeUnaccepted(missing, account)
    : missing.take(missing.left, 'its counters cannot be read');

  const evicted = Math.min(missing.left, found.evicted[reporter] ?? 0);
  missing.left -= evicted;
  missing.take(collector.spansDropped, 'Zipkin took them and could not store them');
  if (collector.restarts > 0) missing.take(missing.left, 'Zipkin was restarted, and what it held was gone');
  const unknownIds = 'they belong to requests without an answer: no trace id is known to look for them';
  missing.take(traffic.unanswered * spansEach, unknownIds);
  missing.take(missing.left, 'Zipkin accepted them and does not have them; no counter says why');

  const sent = owed - unrecorded - unsent;
  return {
    reporter,
    recorded: owed - unrecorded,
    sent,
    accepted: sent - unaccepted,
    stored,
    evicted,
    missing: missing.losses.reduce((sum, { spans }) => sum + spans, 0),
    losses: missing.losses,
  };
}

function totalOf(rows: readonly LedgerRow[]): SpanAccount {
  const sum = (column: keyof SpanAccount): number => rows.reduce((total, row) => total + row[column], 0);
  return {
    recorded: sum('recorded'),
    sent: sum('sent'),
    accepted: sum('accepted'),
    stored: sum('stored'),
    evicted: sum('evicted'),
    missing: sum('missing'),
  };
}

/** Evicted spans can no longer be seen; that Zipkin had them is proven by its collector's count, or it is not. */
function unprovenEvictions({ accepted, evicted }: SpanAccount, collector: CollectorAccount): LedgerRow[] {
  const uncounted = Math.min(evicted, accepted - (collector.spans - collector.spansDropped));
  if (uncounted <= 0) return [];
  const reason = 'evicted, it seems, but its collector counted fewer spans than were sent to it';
  const none = { recorded: 0, sent: 0, accepted: 0, stored: 0 };
  const losses = [{ spans: uncounted, reason }];
  return [{ reporter: 'zipkin', ...none, evicted: -uncounted, missing: uncounted, losses }];
}

/**
 * Joins what the reporters counted, what Zipkin's collector counted and what Zipkin holds into one account of every
 * span of a load. It adds up by construction: recorded = sent + what was not sent, and so on to stored; what the
 * counters do not explain is said to be unexplained.
 *
 * How many spans an Envoy recorded is what its listeners and clusters counted (spawn_upstream_span: one span a request,
 * one an attempt), because its tracer counts none before they are sent. Its lost reports are counted as reports: each
 * explains no more spans than one report holds. An Envoy may also give up on a report that Zipkin took all the same;
 * what is stored is not missing, whatever the reporter believes.
 */
export function joinLedger(input: LedgerInput): Ledger {
  const { traffic, accounts, found, collector } = input;
  const front = accounts['front-proxy'];
  const others = front?.kind === 'envoy' && !front.restarted ? Math.max(0, front.requests - traffic.requests) : 0;
  const reporters = Object.keys(accounts).map((reporter) => rowOf(reporter, input, others > 0));
  const rows = [...reporters, ...unprovenEvictions(totalOf(reporters), collector)];
  const total = totalOf(rows);
  const unexpected = Object.entries(found.unexpected).map(([reporter, spans]) => `${spans} of ${reporter}`);
  const restarted = Object.keys(accounts).filter((reporter) => accounts[reporter]?.restarted);
  const notes = [
    others > 0 && `${others} requests of others came through the front meanwhile; their spans are left out`,
    unexpected.length > 0 && `more spans than the requests should leave: ${unexpected.join(', ')}`,
    restarted.length > 0 && `restarted meanwhile: ${restarted.join(', ')}; counted is what came after that`,
    collector.restarts > 0 &&
      `Zipkin was restarted ${collector.restarts === 1 ? 'once' : `${collector.restarts} times`}`,
    collector.silentSeconds > 3 && `Zipkin did not answer for ${collector.silentSeconds.toFixed(0)} s`,
    collector.messagesDropped > 0 && `Zipkin could not read ${collector.messagesDropped} reports and refused them`,
  ];
  return {
    rows,
    total,
    wholeTraces: found.wholeTraces,
    incompleteTraces: found.incompleteTraces,
    notes: notes.filter((note) => note !== false),
  };
}
