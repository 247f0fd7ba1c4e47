import { groupBy } from '../trace/lists.js';
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
import { OpenFindings } from './open-findings.js';
import { moreLikeIt } from './wording.js';

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

function explainNames(inquiry: OpenFindings): void {
  const wrong = inquiry.open('wrong-value').filter(({ field }) => field === 'service');
  for (const findings of groupBy(wrong, ({ expected, seen }) => JSON.stringify([expected, seen]))) {
    const [{ expected: hop, seen }] = findings;
    const text =
      seen === noService
        ? `${hop} reports spans without a service name. ${setServiceName}`
        : `${hop} reports under the wrong service name: its spans are those of ${seen}`;
    inquiry.conclude('wrong-service-name', hop, text, findings);
  }
}

/** Concludes the findings that are left. Equal findings about equal spans become one diagnosis. */
function explainRest(inquiry: OpenFindings): void {
  const keyOf = (finding: Finding) => {
    const about = 'span' in finding ? labelOf(finding.span) : 'hop' in finding ? finding.hop.path : hopOf(finding);
    return JSON.stringify([finding.type, about, 'field' in finding && finding.field]);
  };
  const left = inquiry.verdict.findings.filter((finding) => inquiry.isOpen(finding));
  for (const findings of groupBy(left, keyOf)) {
    const [first] = findings;
    const cause = first.type === 'changed-decision' ? 'decision-changed' : 'other';
    inquiry.conclude(cause, hopOf(first), `${describeFinding(first)}${moreLikeIt(findings)}`, findings);
  }
}

function hopOf(finding: Finding): string {
  if ('span' in finding) return serviceOf(finding.span);
  if ('at' in finding) return finding.at;
  return 'hop' in finding ? finding.hop.label : '';
}
