import { alignClocks, type Clocks } from '../trace/clock.js';
import { criticalPath } from '../trace/critical-path.js';
import { formatMicros } from '../trace/duration.js';
import { groupBy } from '../trace/lists.js';
import { addressOf, noService, serviceOf } from '../trace/span.js';
import { splitTime } from '../trace/time-split.js';
import { describeFinding } from '../verdict/finding.js';
import type { OpenFindings } from './open-findings.js';
import { explainFlags } from './response-flags.js';
import { nameShortly } from './wording.js';

/** Explains spans that lie outside their parents, and requests that took too long. */
export function explainTimes(inquiry: OpenFindings): void {
  const clocks = alignClocks(inquiry.verdict.tree);
  explainUnits(inquiry);
  explainSkews(inquiry, clocks);
  explainOutside(inquiry);
  explainSlow(inquiry, clocks);
}

function explainUnits(inquiry: OpenFindings): void {
  for (const findings of groupBy(inquiry.open('wrong-unit'), ({ span, unit }) => `${serviceOf(span)} ${unit}`)) {
    const [{ span, unit }] = findings;
    const hop = serviceOf(span);
    const text = `${hop || noService} sends its times in ${unit}: timestamp ${span.timestamp}. Zipkin takes microseconds`;
    inquiry.conclude('wrong-unit', hop, text, findings);
  }
}

function explainSkews(inquiry: OpenFindings, { skews }: Clocks): void {
  for (const { service, ahead } of skews) {
    const findings = inquiry
      .open('outside-parent')
      .filter(({ span, parent }) => [span, parent].some((one) => serviceOf(one) === service));
    if (findings.length === 0) continue;
    const amount = `${formatMicros(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'}`;
    const text = `the clock of ${service} is ${amount} the others': its spans lie outside the calls that they belong to`;
    inquiry.conclude('clock-skew', service, text, findings);
  }
}

function explainOutside(inquiry: OpenFindings): void {
  for (const finding of inquiry.open('outside-parent')) {
    const { span, parent, how, micros } = finding;
    if (how === 'starts before') {
      const where = addressOf(span) === addressOf(parent) ? ', and both are on one host' : '';
      const text = `${describeFinding(finding)}${where}: one of the two reports a wrong start time`;
      inquiry.conclude('other', serviceOf(span), text, [finding]);
    } else if (how === 'ends after') {
      const rest = `${formatMicros(micros)} after its caller ${serviceOf(parent)} had the answer`;
      const text = `${nameShortly(span)} ended ${rest}: it kept working, or it reports its end late`;
      inquiry.conclude('late-end', serviceOf(span), text, [finding]);
    }
  }
}

function explainSlow(inquiry: OpenFindings, { timeOf }: Clocks): void {
  const { tree } = inquiry.verdict;
  const findings = inquiry.open('slow-span');
  const [first] = findings;
  if (!first) return;
  const shares = splitTime(criticalPath(tree, timeOf));
  const [longest] = [...shares].sort((a, b) => b.micros - a.micros);
  if (!longest) return;
  const { part, micros } = longest;
  const whole = shares.reduce((sum, share) => sum + share.micros, 0);
  const hop = 'service' in part ? part.service : part.to;
  const where = 'service' in part ? `${hop} itself` : `the way from ${part.from} to ${hop} and back`;
  const ofHop = 'service' in part ? tree.nodes.filter(({ span }) => serviceOf(span) === hop) : [];
  const flag = ofHop.map(({ span }) => span.tags?.response_flags).find((each) => each !== undefined && each !== '-');
  const flags = explainFlags(flag);
  const taken = `${formatMicros(micros)} of ${formatMicros(whole)} (${Math.round((micros / whole) * 100)} %)`;
  const text = `slow: ${where} took ${taken}; at most ${formatMicros(first.limit)} expected${flags ? `; ${flags}` : ''}`;
  inquiry.conclude('slow', hop, text, findings);
}
