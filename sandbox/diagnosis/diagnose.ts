import { addTo } from '../trace/lists.js';
import { labelOf, noService, serviceOf } from '../trace/span.js';
import { describeFinding, type Finding } from '../verdict/finding.js';
import type { Verdict } from '../verdict/judge.js';
import { setServiceName } from '../verdict/note.js';
import type { Diagnosis } from './cause.js';
import type { Evidence } from './evidence.js';
import { explainBreaks } from './explain-breaks.js';
import { explainFailures } from './explain-failures.js';
import { explainIds } from './explain-ids.js';
import { explainOwnApps } from './explain-own-apps.js';
import { explainTimes } from './explain-times.js';
import { moreLikeIt, OpenFindings } from './open-findings.js';

/**
 * Explains each finding of a verdict, from the trace and the other evidence: names the hop that broke the trace, and
 * the likely cause. A whole trace needs no explanation. A finding that nothing explains becomes a diagnosis with the
 * cause `other`.
 */
export function diagnose(verdict: Verdict, evidence: Evidence = {}): Diagnosis[] {
  const inquiry = new OpenFindings(verdict, evidence);
  explainNames(inquiry);
  explainOwnApps(inquiry);
  explainIds(inquiry);
  explainFailures(inquiry);
  explainBreaks(inquiry);
  explainTimes(inquiry);
  explainRest(inquiry);
  return inquiry.diagnoses;
}

/** Concludes the findings that are left. Equal findings about equal spans become one diagnosis. */
function explainRest(inquiry: OpenFindings): void {
  const groups = new Map<string, Finding[]>();
  for (const finding of inquiry.unexplained) {
    const about = 'span' in finding ? labelOf(finding.span) : 'hop' in finding ? finding.hop.path : hopOfRest(finding);
    addTo(groups, JSON.stringify([finding.type, about, 'field' in finding && finding.field]), finding);
  }
  for (const findings of groups.values()) {
    const [first] = findings;
    if (!first) continue;
    const hop = hopOfRest(first);
    const cause = first.type === 'changed-decision' ? 'decision-changed' : 'other';
    const text = `${describeFinding(first)}${moreLikeIt(findings.length)}`;
    inquiry.conclude({ cause, hop, text, findings });
  }
}

function hopOfRest(finding: Finding): string {
  if ('span' in finding) return serviceOf(finding.span);
  if ('at' in finding) return finding.at;
  return 'hop' in finding ? finding.hop.label : '';
}

function explainNames(inquiry: OpenFindings): void {
  const groups = new Map<string, Extract<Finding, { type: 'wrong-value' }>[]>();
  for (const finding of inquiry.open('wrong-value')) {
    if (finding.field !== 'service') continue;
    addTo(groups, JSON.stringify([finding.expected, finding.seen]), finding);
  }
  for (const findings of groups.values()) {
    const { expected: hop = '', seen } = findings[0] ?? {};
    const text =
      seen === noService
        ? `${hop} reports spans without a service name. ${setServiceName}`
        : `${hop} reports under the wrong service name: its spans are those of ${seen}`;
    inquiry.conclude({ cause: 'wrong-service-name', hop, text, findings });
  }
}
