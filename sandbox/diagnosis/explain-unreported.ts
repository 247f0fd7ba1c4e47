import { readB3 } from '../trace/trace-headers.js';
import { anyShape } from '../verdict/judge.js';
import { serviceOfPattern } from '../verdict/span-pattern.js';
import { describeLost, type Evidence, type ReporterState } from './evidence.js';
import type { Gap } from './missing-parts.js';
import type { OpenFindings } from './open-findings.js';
import { listOf } from './wording.js';

/** Explains a request of which Zipkin has no span. */
export function explainNoTrace(inquiry: OpenFindings, { findings, parts }: Gap): void {
  const { evidence, verdict } = inquiry;
  const hop = parts[0] && verdict.shape !== anyShape ? serviceOfPattern(parts[0]) : '';
  const refused = refusedReports(evidence);
  const text = `Zipkin has no span of this request: ${refused ?? whyNotSent(evidence)}`;
  inquiry.conclude(refused ? 'reports-refused' : 'no-trace', hop, text, findings);
}

function whyNotSent({ headers, reporters, collector }: Evidence): string {
  if (headers?.some((record) => readB3(record.headers).decision === '0')) return 'the sampling decision was 0';
  const reporter = reporters?.find(({ lost }) => lost > 0);
  if (reporter) return `${reporter.service}'s ${lossOf(reporter)}`;
  const late = reporters?.find(({ isReporting }) => isReporting);
  if (late) return `${late.service}'s ${lateness(late)}`;
  return collector?.messages === 0
    ? 'Zipkin received no report of any request. Check the address that the reporters send to'
    : 'the request was not sampled, or no hop could report';
}

/** Explains gaps in a request that went through: the spans did not reach Zipkin. One diagnosis for each service. */
export function explainUnreported(inquiry: OpenFindings, gaps: readonly Gap[]): void {
  const beyond = gaps.flatMap((gap) => gap.beyond);
  const lost = beyond.flatMap((node) => (node.detached ? node.span : []));
  for (const service of new Set(gaps.flatMap(({ parts }) => parts.map(serviceOfPattern)))) {
    const isOfService = ({ hop }: Gap['findings'][number]) =>
      serviceOfPattern(inquiry.part(hop.path) ?? inquiry.verdict.shape.root) === service;
    const missing = gaps.flatMap(({ findings }) => findings.filter(isOfService));
    const wrong = inquiry.openAbout(
      beyond.map(({ span }) => span),
      'wrong-value',
    );
    const unshared = wrong.filter((finding) => 'field' in finding && finding.field === 'shared');
    const findings = [...missing, ...inquiry.openAbout(lost, 'misplaced-span', 'orphan-span'), ...unshared];
    const reporters = inquiry.evidence.reporters?.filter((one) => one.service === service);
    const reporter = reporters?.find(({ lost }) => lost > 0);
    const late = reporters?.find(({ isReporting }) => isReporting);
    const refused = refusedReports(inquiry.evidence);
    if (reporter) {
      const text = `${service}'s spans are missing: its ${lossOf(reporter)}; check the address of the collector that it sends to`;
      inquiry.conclude('reports-lost', service, text, findings);
    } else if (refused) {
      inquiry.conclude('reports-refused', service, `${service}'s spans are missing: ${refused}`, findings);
    } else if (late) {
      inquiry.conclude('not-reported', service, `${service}'s spans are missing: its ${lateness(late)}`, findings);
    } else {
      const proof = beyond.length > 0 ? ', but the service that it called joined the trace' : '';
      const text = `${service} reports no span: ${listOf(missing.map(({ hop }) => hop.label))} missing${proof}`;
      inquiry.conclude('not-reported', service, text, findings);
    }
  }
}

const lossOf = (state: ReporterState) => `${state.reporter} dropped ${describeLost(state)}`;
const lateness = ({ reporter }: ReporterState) =>
  `${reporter} still waits for Zipkin to take its reports; judge the trace again later, with --id`;

/** The reports that Zipkin refused during the request; undefined if there are none. */
function refusedReports({ collector }: Evidence): string | undefined {
  const { messagesDropped = 0, spansDropped = 0 } = collector ?? {};
  if (messagesDropped > 0)
    return 'Zipkin refused reports during the request, as it refuses malformed ones. Read its log';
  if (spansDropped === 0) return undefined;
  return `Zipkin dropped ${spansDropped} spans during the request: its storage failed, or its COLLECTOR_SAMPLE_RATE is below 1. Read its log`;
}
