import type { Diagnosis } from '../diagnosis/cause.js';
import type { Span } from '../trace/span.js';
import type { Finding } from '../verdict/finding.js';
import type { Verdict } from '../verdict/judge.js';
import type { TracedAnswer } from './send.js';

/** A trace with its verdict and the explanation. */
export interface JudgedTrace {
  readonly traceId: string;
  /** How long the wait for late spans was, in milliseconds; undefined if there was none. */
  readonly waitedMs?: number;
  readonly spans: readonly Span[];
  readonly verdict: Verdict;
  readonly diagnoses: readonly Diagnosis[];
}

/** The trace of a request that was sent. */
export interface VerifiedTrace extends JudgedTrace {
  readonly answer: TracedAnswer;
}

/** Envoy and OpenTelemetry report after 5 s by default, Linkerd after 10 s. */
export const longestReportMs = 12_000;

const lateTypes: ReadonlySet<Finding['type']> = new Set([
  'missing-span',
  'misplaced-span',
  'orphan-span',
  'second-root',
  'unfinished-span',
]);

/** Whether a finding may disappear when late spans come. */
export function isLate({ type }: Finding): boolean {
  return lateTypes.has(type);
}
