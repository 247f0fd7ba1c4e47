import type { Finding } from '../verdict/finding.js';

/** Why a trace is not whole. */
export type Cause =
  /** A caller sent no trace context on, or none that can be joined. */
  | 'context-dropped'
  | 'span-id-dropped'
  | 'b3-single-only'
  | 'context-malformed'
  /** Context arrived and was not joined. */
  | 'context-ignored'
  /** A caller sent another trace's ids. */
  | 'stale-context'
  | 'stale-span-id'
  | 'span-id-reused'
  | 'parent-dropped'
  | 'trace-id-cut'
  | 'trace-id-changed'
  | 'decision-changed'
  /** Spans were made and not delivered. */
  | 'reports-lost'
  | 'not-reported'
  | 'wrong-service-name'
  | 'hop-bypassed'
  | 'trace-cut'
  | 'no-trace'
  | 'clock-skew'
  | 'late-end'
  | 'slow'
  | 'failed'
  | 'retried'
  /** A call was sent to servers several times under one span id: after a failure, or without one. */
  | 'retry-kept-id'
  | 'call-copied'
  /** One process has two SERVER spans for one request. */
  | 'instrumented-twice'
  | 'wrong-unit'
  /** Zipkin got reports and did not take them. */
  | 'reports-refused'
  /** A finding that speaks for itself. */
  | 'other';

export interface Diagnosis {
  readonly cause: Cause;
  /** The service to look at, by its name in Zipkin; empty where nothing says which. */
  readonly hop: string;
  /** One line of plain words: which hop, what it did, what was expected. */
  readonly text: string;
  /** The findings that it explains. */
  readonly findings: readonly Finding[];
  /** The trace in which the request went on. */
  readonly otherTraceId?: string;
}
