import type { Finding } from '../verdict/finding.js';

/** Why a trace is not whole. */
export type Cause =
  /** A caller forwarded no trace context, or one that a server cannot join. */
  | 'context-dropped'
  | 'span-id-dropped'
  | 'b3-single-only'
  | 'context-malformed'
  /** Context arrived, but the server did not join it. */
  | 'context-ignored'
  /** A caller sent the ids of another trace. */
  | 'stale-context'
  | 'stale-span-id'
  | 'span-id-reused'
  | 'parent-dropped'
  | 'trace-id-cut'
  | 'trace-id-changed'
  | 'decision-changed'
  /** Spans were made but not delivered. */
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
  /** A call was sent to servers several times with one span id, after a failure or without one. */
  | 'retry-kept-id'
  | 'call-copied'
  /** One process has two SERVER spans for one request. */
  | 'instrumented-twice'
  | 'wrong-unit'
  /** Zipkin got reports and refused them. */
  | 'reports-refused'
  /** The finding itself is the explanation. */
  | 'other';

export interface Diagnosis {
  readonly cause: Cause;
  /** The service to look at, by its name in Zipkin; empty if nothing shows which. */
  readonly hop: string;
  /** One line: which hop, what it did, what was expected. */
  readonly text: string;
  /** The findings that this explains. */
  readonly findings: readonly Finding[];
  /** The trace in which the request continued. */
  readonly otherTraceId?: string;
}
