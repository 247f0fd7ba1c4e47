import { explainBreaks } from './diagnose-breaks.js';
import { explainFailures } from './diagnose-failures.js';
import { explainIds } from './diagnose-ids.js';
import { explainTimes } from './diagnose-times.js';
import type { Evidence } from './evidence.js';
import { describeFinding, type Finding } from './finding.js';
import { Inquiry } from './inquiry.js';
import { addTo } from './places.js';
import { labelOf, serviceOf } from './tree.js';
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
 * else is known. None for a trace that is whole. What nothing explains speaks for itself, as `other`.
 */
export function diagnose(verdict: Verdict, evidence: Evidence = {}): Diagnosis[] {
  const inquiry = new Inquiry(verdict, evidence);
  explainNames(inquiry);
  explainFailures(inquiry);
  explainIds(inquiry);
  explainBreaks(inquiry);
  explainTimes(inquiry);
  explainRest(inquiry);
  return inquiry.diagnoses;
}

/** What speaks for itself: equal findings about equal spans together. */
function explainRest(inquiry: Inquiry): void {
  const groups = new Map<string, Finding[]>();
  for (const finding of inquiry.unexplained) {
    const about = 'span' in finding ? labelOf(finding.span) : 'at' in finding ? finding.at : finding.hop.path;
    addTo(groups, JSON.stringify([finding.type, about, 'field' in finding && finding.field]), finding);
  }
  for (const findings of groups.values()) {
    const [first] = findings;
    if (!first) continue;
    const hop = 'span' in first ? serviceOf(first.span) : 'at' in first ? first.at : first.hop.label;
    const cause = first.type === 'changed-decision' ? 'decision-changed' : 'other';
    const more = findings.length > 1 ? `, and ${findings.length - 1} more like it` : '';
    inquiry.conclude({ cause, hop, text: `${describeFinding(first)}${more}`, findings });
  }
}

function explainNames(inquiry: Inquiry): void {
  const groups = new Map<string, Extract<Finding, { type: 'wrong-value' }>[]>();
  for (const finding of inquiry.open('wrong-value')) {
    if (finding.field !== 'service') continue;
    addTo(groups, JSON.stringify([finding.expected, finding.seen]), finding);
  }
  for (const findings of groups.values()) {
    const { expected: hop = '', seen } = findings[0] ?? {};
    const text = `${hop} reports under the wrong service name: its spans are those of ${seen}`;
    inquiry.conclude({ cause: 'wrong-service-name', hop, text, findings });
  }
}
