import { addTo } from '../trace/lists.js';
import { isServing, labelOf, noService, requestIdTag, serviceOf } from '../trace/span.js';
import { readB3 } from '../trace/trace-headers.js';
import type { SpanNode } from '../trace/tree.js';
import type { Finding } from '../verdict/finding.js';
import { anyShape } from '../verdict/judge.js';
import { labelOfPattern, serviceOfPattern } from '../verdict/span-pattern.js';
import { brokenContext, cutByDecision } from './broken-context.js';
import type { Diagnosis } from './cause.js';
import { type Evidence, findOtherHalf, type ReporterState } from './evidence.js';
import { findGaps, type Gap } from './missing-parts.js';
import { listOf, moreLikeIt, nameShortly, type OpenFindings, shortId } from './open-findings.js';

/** Explains missing spans: context that was not forwarded, spans that were not reported, hops that were bypassed. */
export function explainBreaks(inquiry: OpenFindings): void {
  const unreported: Gap[] = [];
  for (const gap of findGaps(inquiry)) {
    const { above, beyond } = gap;
    const [first] = beyond;
    if (inquiry.nodes.length === 0) inquiry.conclude(noTrace(inquiry, gap));
    else if (above && !first) {
      const cut = cutOff(inquiry, gap, above);
      if (cut) inquiry.conclude(cut);
      else unreported.push(gap);
    } else if (above && beyond.every((node) => isDirectCall(above, node))) inquiry.conclude(bypass(gap, above));
    else if (!above && first && !first.detached) inquiry.conclude(begunLate(inquiry, gap, first));
    else unreported.push(gap);
  }
  explainUnreported(inquiry, unreported);
  explainCutCalls(inquiry);
  explainOrphans(inquiry);
}

/** Explains calls that continued in another trace, if no shape says what is missing. */
function explainCutCalls(inquiry: OpenFindings): void {
  for (const finding of inquiry.open('cut-call')) {
    const { span, answer } = finding;
    const hop = serviceOf(span);
    const isCut = span.traceId.endsWith(answer.traceId);
    const keptId = answer.id === span.id || answer.parentId === span.id;
    const what = isCut
      ? 'sent only the last 16 digits of the trace id'
      : keptId
        ? 'sent its span id with another trace id'
        : `forwarded no trace context, or ${serviceOf(answer) || noService} did not read it`;
    const cause = isCut ? 'trace-id-cut' : keptId ? 'trace-id-changed' : 'context-dropped';
    const text = `${hop} ${what}: its call ${nameShortly(span)} continued in trace ${shortId(answer.traceId)}`;
    inquiry.conclude({ cause, hop, text, findings: [finding], otherTraceId: answer.traceId });
  }
}

/** Explains spans whose parent is missing, if the shape does not say which span that is. */
function explainOrphans(inquiry: OpenFindings): void {
  const groups = new Map<string | undefined, Extract<Finding, { type: 'orphan-span' }>[]>();
  for (const finding of inquiry.open('orphan-span')) {
    addTo(groups, finding.span.parentId, finding);
  }
  const spansById = new Map((inquiry.evidence.nearby ?? []).flat().map((span) => [span.id, span]));
  for (const findings of groups.values()) {
    const { span } = findings[0] ?? {};
    if (!span) continue;
    const { id, traceId, parentId = '' } = span;
    const hop = serviceOf(span);
    const other = spansById.get(parentId);
    const about = `${labelOf(span)} ${shortId(id)} has the parent ${shortId(parentId)}`;
    const more = moreLikeIt(findings.length);
    if (other && other.traceId !== traceId) {
      const text = `${about}, which is ${nameShortly(other)} of trace ${shortId(other.traceId)}: its caller sent the span id of another request${more}`;
      inquiry.conclude({ cause: 'stale-span-id', hop, text, findings, otherTraceId: other.traceId });
      continue;
    }
    const whose = isServing(span) ? `the caller of ${hop || noService}` : hop || noService;
    const text = `${about}, which is not in this trace: ${whose} did not report it, or the report was lost${more}`;
    inquiry.conclude({ cause: 'not-reported', hop, text, findings });
  }
}

function labelsOf({ parts }: Gap): string {
  return listOf(parts.map(labelOfPattern));
}

function noTrace({ evidence, verdict }: OpenFindings, { findings, parts }: Gap): Diagnosis {
  const hop = parts[0] && verdict.shape !== anyShape ? serviceOfPattern(parts[0]) : '';
  const refused = refusedReports(evidence);
  const none = 'Zipkin has no span of this request';
  if (refused) return { cause: 'reports-refused', hop, text: `${none}: ${refused}`, findings };
  const denied = evidence.headers?.some(({ headers }) => readB3(headers).decision === '0');
  const lost = evidence.reporters?.find((reporter) => reporter.lost > 0);
  const why = denied
    ? 'the sampling decision was 0'
    : lost
      ? `${lost.service}'s ${dropped(lost)}`
      : evidence.collector?.messages === 0
        ? 'Zipkin received no report of any request. Check the address that the reporters send to'
        : 'the request was not sampled, or no hop could report';
  return { cause: 'no-trace', hop, text: `${none}: ${why}`, findings };
}

/** The reports that Zipkin refused during the request; undefined if there are none. */
function refusedReports({ collector }: Evidence): string | undefined {
  const { messagesDropped = 0, spansDropped = 0 } = collector ?? {};
  if (messagesDropped > 0)
    return 'Zipkin refused reports during the request, as it refuses malformed ones. Read its log';
  if (spansDropped === 0) return undefined;
  return `Zipkin dropped ${spansDropped} spans during the request: its storage failed, or its COLLECTOR_SAMPLE_RATE is below 1. Read its log`;
}

/**
 * Explains a gap at which the trace ends, because the request continued in another trace or unrecorded. Undefined if
 * the spans were only not reported.
 */
function cutOff(inquiry: OpenFindings, gap: Gap, above: SpanNode): Diagnosis | undefined {
  const { evidence, requestId } = inquiry;
  const other = findOtherHalf(above.span, requestId, gap.parts, evidence.nearby ?? []);
  const known = brokenContext(inquiry, gap, above, other) ?? cutByDecision(inquiry, gap, above);
  if (known) return known;
  const services = new Set(gap.parts.map(serviceOfPattern));
  const reporters = (evidence.reporters ?? []).filter(({ service }) => services.has(service));
  if (services.size === 1 || reporters.some(({ lost }) => lost > 0)) return undefined;
  const isUnlost = [...services].every((service) => reporters.some((reporter) => reporter.service === service));
  const hop = serviceOf(above.span);
  const why = isUnlost
    ? 'and lost none, so the sampling decision that they got was probably 0'
    : `so ${hop} sent the sampling decision 0, or they all lost their spans`;
  const text = `trace cut after ${hop}: ${listOf(services)} recorded no span of this request, ${why}`;
  return { cause: isUnlost ? 'decision-changed' : 'trace-cut', hop, text, findings: gap.findings };
}

/** Explains a trace that begins in the middle of its shape: the caller of its first span sent no context. */
function begunLate(inquiry: OpenFindings, gap: Gap, first: SpanNode): Diagnosis {
  const caller = gap.parts.at(-1);
  const hop = caller ? serviceOfPattern(caller) : '';
  const { requestId, evidence } = inquiry;
  const other = (evidence.nearby ?? [])
    .flat()
    .find(
      ({ traceId, tags }) =>
        traceId !== first.span.traceId && requestId !== undefined && tags?.[requestIdTag] === requestId,
    );
  const half = other
    ? `the first half of this request is trace ${shortId(other.traceId)}`
    : 'the first half of this request is another trace';
  return {
    cause: 'context-dropped',
    hop,
    text: `${hop} forwarded no B3 headers, or not all of them: this trace begins at ${nameShortly(first.span)}; ${half}`,
    findings: gap.findings,
    ...(other && { otherTraceId: other.traceId }),
  };
}

/** Whether the caller called the server directly. Otherwise something between them did not report. */
function isDirectCall(above: SpanNode, { span, parent }: SpanNode): boolean {
  if (parent !== above || isServing(above.span) || !isServing(span)) return false;
  return span.id === above.span.id || (!span.shared && span.parentId === above.span.id);
}

function bypass(gap: Gap, above: SpanNode): Diagnosis {
  const hop = serviceOf(above.span);
  const [server] = gap.beyond;
  const called = server ? serviceOf(server.span) : '';
  const text = `${hop} called ${called} directly and bypassed ${listOf(gap.parts.map(serviceOfPattern))}: ${labelsOf(gap)} are missing, and caller and server share span id ${shortId(above.span.id)}`;
  return { cause: 'hop-bypassed', hop, text, findings: gap.findings };
}

/** Explains gaps in a request that went through: the spans did not reach Zipkin. One diagnosis for each service. */
function explainUnreported(inquiry: OpenFindings, gaps: readonly Gap[]): void {
  const services = new Set(gaps.flatMap(({ parts }) => parts.map(serviceOfPattern)));
  const beyond = gaps.flatMap((gap) => gap.beyond);
  const lost = beyond.flatMap((node) => (node.detached ? node.span : []));
  for (const service of services) {
    const missing = gaps.flatMap(({ findings }) =>
      findings.filter(({ hop }) => serviceOfPattern(inquiry.part(hop.path) ?? inquiry.verdict.shape.root) === service),
    );
    const orphans = inquiry.openAbout(lost, 'misplaced-span', 'orphan-span');
    const unshared = inquiry
      .openAbout(
        beyond.map((node) => node.span),
        'wrong-value',
      )
      .filter((finding) => 'field' in finding && finding.field === 'shared');
    const findings = [...missing, ...orphans, ...unshared];
    const reporter = inquiry.evidence.reporters?.find((one) => one.service === service && one.lost > 0);
    if (reporter) {
      const why = `its ${dropped(reporter)}; check the address of the collector that it sends to`;
      const text = `${service}'s spans are missing: ${why}`;
      inquiry.conclude({ cause: 'reports-lost', hop: service, text, findings });
      continue;
    }
    const refused = refusedReports(inquiry.evidence);
    if (refused) {
      const text = `${service}'s spans are missing: ${refused}`;
      inquiry.conclude({ cause: 'reports-refused', hop: service, text, findings });
      continue;
    }
    const proof = beyond.length > 0 ? ', but the service that it called joined the trace' : '';
    const text = `${service} reports no span: ${listOf(missing.map(({ hop }) => hop.label))} missing${proof}`;
    inquiry.conclude({ cause: 'not-reported', hop: service, text, findings });
  }
}

function dropped({ reporter, lost, unit }: ReporterState): string {
  return `${reporter} dropped ${lost} ${lost === 1 ? unit.slice(0, -1) : unit}`;
}
