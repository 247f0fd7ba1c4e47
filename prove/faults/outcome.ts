import type { Span } from '../../sandbox/trace/span.js';
import type { ExpectedSpan, Shape } from '../../sandbox/verdict/shape.js';
import type { Answer, Attempt } from './caller.js';

/** The number of missing spans, by the reporter that should have sent them. */
type Missing = ReadonlyMap<string, number>;

const add = (counts: Map<string, number>, key: string, count: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + count);
};

/** @returns the sum of the counts */
export const countSpans = (counts: Missing): number => [...counts.values()].reduce((sum, count) => sum + count, 0);

/**
 * @returns the spans that a trace lacks of the smallest number in its shape; a span of a retry does not replace another
 *   one
 */
export function missingSpans(shape: Shape, spans: readonly Span[]): Missing {
  const expected = new Map<string, number>();
  const visit = ({ service, kind, times, children }: ExpectedSpan, parents: number): void => {
    add(expected, `${service} ${kind}`, parents * times.min);
    for (const child of children) visit(child, parents * times.min);
  };
  visit(shape.root, 1);
  for (const { kind, localEndpoint } of spans) add(expected, `${localEndpoint?.serviceName} ${kind}`, -1);
  const missing = new Map<string, number>();
  for (const [key, count] of expected) if (count > 0) add(missing, key.replace(/ .*/, ''), count);
  return missing;
}

/** What a caller saw of a group of requests, and what Zipkin has of those that were answered with 200. */
export interface RequestGroup {
  readonly requests: number;
  /** How many requests got each answer. */
  readonly answers: ReadonlyMap<Answer, number>;
  readonly slowestMs: number;
  readonly expectedSpans: number;
  readonly missing: Missing;
}

/** The effects of a fault. */
export interface Outcome {
  /** Requests sent before the fault and reported long ago; in the last second before it; during it or its effects. */
  readonly settled: RequestGroup;
  readonly lastSecond: RequestGroup;
  readonly during: RequestGroup;
  /** Requests that were in flight when a process was told to end. */
  readonly inFlight: RequestGroup;
  /** Seconds from the end of the fault to the first request after which everything worked; undefined if nothing did. */
  readonly healedAfter: number | undefined;
}

/** The times of the events, in epoch milliseconds. */
export interface Timeline {
  readonly faultAt: number;
  readonly faultEndedAt: number;
  /** When processes were told to end. */
  readonly terminatedAt: readonly number[];
}

/** A request with the spans that its trace lacks. */
export interface Checked extends Attempt {
  readonly missing: Missing;
}

const isWell = ({ answer, missing }: Checked): boolean => answer === 200 && missing.size === 0;

function groupOf(attempts: readonly Checked[], spansPerTrace: number): RequestGroup {
  const answers = new Map<Answer, number>();
  const missing = new Map<string, number>();
  for (const attempt of attempts) {
    answers.set(attempt.answer, (answers.get(attempt.answer) ?? 0) + 1);
    for (const [service, count] of attempt.missing) add(missing, service, count);
  }
  const slowestMs = Math.max(0, ...attempts.map(({ sentAt, answeredAt }) => answeredAt - sentAt));
  const expectedSpans = (answers.get(200) ?? 0) * spansPerTrace;
  return { requests: attempts.length, answers, slowestMs, expectedSpans, missing };
}

/**
 * Divides the requests into groups by their time.
 *
 * @param attempts in the order of sending; `missing` is empty if the answer is not 200
 * @param spansPerTrace the number of spans in a whole trace
 */
export function outcomeOf(attempts: readonly Checked[], timeline: Timeline, spansPerTrace: number): Outcome {
  const { faultAt, faultEndedAt, terminatedAt } = timeline;
  const lastIll = attempts.findLast((attempt) => attempt.sentAt >= faultAt && !isWell(attempt));
  const firstWell = attempts.find(({ sentAt }) => sentAt > Math.max(lastIll?.sentAt ?? 0, faultEndedAt));
  const group = (belongs: (attempt: Checked) => boolean) => groupOf(attempts.filter(belongs), spansPerTrace);
  const sent = (from: number, to: number) => group(({ sentAt }) => sentAt >= from && sentAt < to);
  return {
    settled: sent(0, faultAt - 1000),
    lastSecond: sent(faultAt - 1000, faultAt),
    during: sent(faultAt, firstWell?.sentAt ?? Number.POSITIVE_INFINITY),
    inFlight: group(({ sentAt, answeredAt }) => terminatedAt.some((at) => sentAt < at && answeredAt > at)),
    healedAfter: firstWell && (firstWell.sentAt - faultEndedAt) / 1000,
  };
}
