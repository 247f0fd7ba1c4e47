import { alignClocks } from '../trace/clock.js';
import { criticalPath } from '../trace/critical-path.js';
import { formatMicros } from '../trace/duration.js';
import { addTo } from '../trace/lists.js';
import { addressOf, noService, serviceOf } from '../trace/span.js';
import { splitTime } from '../trace/time-split.js';
import { describeFinding, type Finding } from '../verdict/finding.js';
import { nameShortly, type OpenFindings } from './open-findings.js';
import { explainFlags } from './response-flags.js';

/** Explains spans that lie outside their parents, and requests that took too long. */
export function explainTimes(inquiry: OpenFindings): void {
  explainUnits(inquiry);
  const { timeOf, skews } = alignClocks(inquiry.verdict.tree);
  const outsideOf = new Map<string, Finding[]>();
  for (const finding of inquiry.open('outside-parent')) {
    for (const span of [finding.span, finding.parent]) addTo(outsideOf, serviceOf(span), finding);
  }
  for (const { service, ahead } of skews) {
    const findings = (outsideOf.get(service) ?? []).filter((finding) => inquiry.isOpen(finding));
    if (findings.length === 0) continue;
    const amount = `${formatMicros(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'}`;
    const text = `the clock of ${service} is ${amount} the others': its spans lie outside the calls that they belong to`;
    inquiry.conclude({ cause: 'clock-skew', hop: service, text, findings });
  }
  for (const finding of inquiry.open('outside-parent')) {
    const node = inquiry.nodeOf(finding.span);
    if (!node || finding.how === 'starts after the end of') continue;
    if (finding.how === 'starts before') {
      const where = addressOf(finding.span) === addressOf(finding.parent) ? ', and both are on one host' : '';
      const text = `${describeFinding(finding)}${where}: one of the two reports a wrong start time`;
      inquiry.conclude({ cause: 'other', hop: serviceOf(finding.span), text, findings: [finding] });
      continue;
    }
    const rest = `${formatMicros(finding.micros)} after its caller ${serviceOf(finding.parent)} had the answer`;
    const text = `${nameShortly(node.span)} ended ${rest}: it kept working, or it reports its end late`;
    inquiry.conclude({ cause: 'late-end', hop: serviceOf(finding.span), text, findings: [finding] });
  }
  const findings = inquiry.open('slow-span');
  const [first] = findings;
  if (!first) return;
  const path = criticalPath(inquiry.verdict.tree, timeOf);
  const [share] = splitTime(path).sort((a, b) => b.micros - a.micros);
  if (!share) return;
  const { part } = share;
  const whole = path.segments.reduce((sum, { start, end }) => sum + end - start, 0);
  const hop = 'service' in part ? part.service : part.to;
  const where = 'service' in part ? `${part.service} itself` : `the way from ${part.from} to ${part.to} and back`;
  const flags = 'service' in part ? explainFlags(delayFlag(inquiry, part.service)) : undefined;
  const taken = `${formatMicros(share.micros)} of ${formatMicros(whole)} (${Math.round((share.micros / whole) * 100)} %)`;
  const text = `slow: ${where} took ${taken}; at most ${formatMicros(first.limit)} expected${flags ? `; ${flags}` : ''}`;
  inquiry.conclude({ cause: 'slow', hop, text, findings });
}

function explainUnits(inquiry: OpenFindings): void {
  const groups = new Map<string, Extract<Finding, { type: 'wrong-unit' }>[]>();
  for (const finding of inquiry.open('wrong-unit'))
    addTo(groups, `${serviceOf(finding.span)} ${finding.unit}`, finding);
  for (const findings of groups.values()) {
    const [first] = findings;
    if (!first) continue;
    const hop = serviceOf(first.span);
    const text = `${hop || noService} sends its times in ${first.unit}: timestamp ${first.span.timestamp}. Zipkin takes microseconds`;
    inquiry.conclude({ cause: 'wrong-unit', hop, text, findings });
  }
}

function delayFlag({ nodes }: OpenFindings, service: string): string | undefined {
  const flags = nodes.filter(({ span }) => serviceOf(span) === service).map(({ span }) => span.tags?.response_flags);
  return flags.find((flag) => flag !== undefined && flag !== '-');
}
