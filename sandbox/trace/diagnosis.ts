import { explainBreaks } from './diagnose-breaks.js';
import { explainFailures } from './diagnose-failures.js';
import { explainIds } from './diagnose-ids.js';
import { explainTimes } from './diagnose-times.js';
import type { Evidence } from './evidence.js';
import { describeFinding, type Finding } from './finding.js';
import { Inquiry } from './inquiry.js';
import { serviceOf } from './tree.js';
import type { Verdict } from './verdict.js';

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
  | 'reported-twice'
  /** A finding that speaks for itself. */
  | 'other';

export interface Diagnosis {
  readonly cause: Cause;
  /** The service to look at, by its name in Zipkin. */
  readonly hop: string;
  /** One line of plain words: which hop, what it did, what was expected. */
  readonly text: string;
  /** The findings that it explains. */
  readonly findings: readonly Finding[];
  /** The trace in which the request went on. */
  readonly otherTraceId?: string;
}

/**
 * Explains each finding of a verdict: names the hop that broke the trace and the likely cause, from the trace and what
 * else is known. None for a trace that is whole. What nothing explains is a diagnosis `other` of its own.
 */
export function diagnose(verdict: Verdict, evidence: Evidence = {}): Diagnosis[] {
  const inquiry = new Inquiry(verdict, evidence);
  explainNames(inquiry);
  explainFailures(inquiry);
  explainIds(inquiry);
  explainBreaks(inquiry);
  explainTimes(inquiry);
  for (const finding of inquiry.unexplained) {
    const hop = 'span' in finding ? serviceOf(finding.span) : 'at' in finding ? finding.at : finding.hop.label;
    const cause = finding.type === 'changed-decision' ? 'decision-changed' : 'other';
    inquiry.conclude({ cause, hop, text: describeFinding(finding), findings: [finding] });
  }
  return inquiry.diagnoses;
}

function explainNames(inquiry: Inquiry): void {
  const groups = new Map<string, Extract<Finding, { type: 'wrong-value' }>[]>();
  for (const finding of inquiry.open('wrong-value')) {
    if (finding.field !== 'service') continue;
    const key = JSON.stringify([finding.expected, finding.seen]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  for (const findings of groups.values()) {
    const { expected: hop = '', seen } = findings[0] ?? {};
    const text = `${hop} reports under the wrong service name: its spans are those of ${seen}`;
    inquiry.conclude({ cause: 'wrong-service-name', hop, text, findings });
  }
}
