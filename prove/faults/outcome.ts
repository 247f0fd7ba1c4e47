import type { Span } from '../../sandbox/trace/span.js';
import type { ExpectedSpan, Shape } from '../../sandbox/verdict/shape.js';
import type { Answer, Attempt } from './caller.js';

/** How many spans a whole trace has, by `service KIND`. */
export type SpanCounts = ReadonlyMap<string, number>;

function add(counts: Map<string, number>, key: string, times = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + times);
}

/** @returns the spans that a whole trace of the shape has at least, by `service KIND` */
export function expectedSpans(shape: Shape): SpanCounts {
  const counts = new Map<string, number>();
  const visit = ({ service, kind, times, children }: ExpectedSpan): void => {
    add(counts, `${service} ${kind}`, times.min);
    children.forEach(visit);
  };
  visit(shape.root);
  return counts;
}

/** @returns what a trace lacks, by the name of the service that should have reported it; a retry's spans make up for nothing */
export function missingSpans(expected: SpanCounts, spans: readonly Span[]): SpanCounts {
  const found = new Map<string, number>();
  for (const { kind, localEndpoint } of spans) add(found, `${localEndpoint?.serviceName} ${kind}`);
  const missing = new Map<string, number>();
  for (const [key, count] of expected) {
    const lacking = count - (found.get(key) ?? 0);
    if (lacking > 0) add(missing, key.split(' ')[0] ?? key, lacking);
  }
  return missing;
}

/** What a caller saw of a group of requests, and what Zipkin has of those that were answered with 200. */
export interface Account {
  readonly requests: number;
  /** How many requests had each answer. */
  readonly answers: ReadonlyMap<Answer, number>;
  readonly slowestMs: number;
  readonly expectedSpans: number;
  /** Spans missing, by service name. */
  readonly missing: SpanCounts;
}

/** What a fault did. */
export interface Outcome {
  /** Requests sent before the fault and long reported; in the last second before it; while it or its effects lasted; after. */
  readonly settled: Account;
  readonly lastSecond: Account;
  readonly during: Account;
  readonly after: Account;
  /** Requests that were under way when a process was told to end. */
  readonly inFlight: Account;
  /** Seconds from the end of the fault to the first request since which all is well; undefined where nothing became well. */
  readonly healedAfter: number | undefined;
}

/** When what happened, epoch milliseconds. */
export interface Timeline {
  readonly faultAt: number;
  readonly faultEndedAt: number;
  /** When processes were told to end. */
  readonly terminatedAt: readonly number[];
}

/** A request with what its trace lacks. */
export interface Judged extends Attempt {
  readonly missing: SpanCounts;
}

const isWell = ({ answer, missing }: Judged): boolean => answer === 200 && missing.size === 0;

function account(attempts: readonly Judged[], spansPerTrace: number): Account {
  const answers = new Map<Answer, number>();
  const missing = new Map<string, number>();
  let slowestMs = 0;
  for (const attempt of attempts) {
    answers.set(attempt.answer, (answers.get(attempt.answer) ?? 0) + 1);
    slowestMs = Math.max(slowestMs, attempt.answeredAt - attempt.sentAt);
    for (const [service, count] of attempt.missing) add(missing, service, count);
  }
  const expectedSpans = (answers.get(200) ?? 0) * spansPerTrace;
  return { requests: attempts.length, answers, slowestMs, expectedSpans, missing };
}

/**
 * Divides the requests by what happened when.
 *
 * @param attempts in the order of sending; `missing` is empty where the answer is not 200
 * @param spansPerTrace spans of a whole trace
 */
export function judge(attempts: readonly Judged[], timeline: Timeline, spansPerTrace: number): Outcome {
  const { faultAt, faultEndedAt, terminatedAt } = timeline;
  const lastIll = attempts.findLast((attempt) => attempt.sentAt >= faultAt && !isWell(attempt));
  const well = attempts.filter(({ sentAt }) => sentAt > Math.max(lastIll?.sentAt ?? 0, faultEndedAt));
  const wellSince = well[0]?.sentAt ?? Number.POSITIVE_INFINITY;
  const underWay = ({ sentAt, answeredAt }: Attempt) => terminatedAt.some((at) => sentAt < at && answeredAt > at);
  const sent = (from: number, to: number) => attempts.filter(({ sentAt }) => sentAt >= from && sentAt < to);
  return {
    settled: account(sent(0, faultAt - 1000), spansPerTrace),
    lastSecond: account(sent(faultAt - 1000, faultAt), spansPerTrace),
    during: account(sent(faultAt, wellSince), spansPerTrace),
    after: account(sent(wellSince, Number.POSITIVE_INFINITY), spansPerTrace),
    inFlight: account(attempts.filter(underWay), spansPerTrace),
    healedAfter: well.length === 0 ? undefined : (wellSince - faultEndedAt) / 1000,
  };
}
