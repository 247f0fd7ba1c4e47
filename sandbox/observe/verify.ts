import pMap from 'p-map';
import { diagnose } from '../diagnosis/diagnose.js';
import { beganElsewhere } from '../diagnosis/explain-own-apps.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import type { Span } from '../trace/span.js';
import type { Limits } from '../verdict/check-times.js';
import { anyShape, judge, type Verdict } from '../verdict/judge.js';
import type { Shape } from '../verdict/shape.js';
import { collectTrace, untilReported } from './collect.js';
import { countedBetween, readCollector } from './collector.js';
import { lostBetween, reporterStates, tracesNearby } from './gather-evidence.js';
import { allHeaderRecords, type HopRecord, recordsOf, withHeaderLogs } from './header-log.js';
import { isLate, longestReportMs, type VerifiedTrace } from './judged-trace.js';
import { sendTraced, type TracedAnswer, type TracedRequest, withContext } from './send.js';
import type { ZipkinClient } from './zipkin-client.js';

export interface Verification {
  readonly request: TracedRequest;
  readonly count: number;
  readonly shape: Shape;
  readonly zipkin: ZipkinClient;
  /** This sandbox, if it is the system to verify. Its counters and header logs are evidence then. */
  readonly sandbox: RunningSandbox | undefined;
  readonly limits?: Limits;
  /**
   * Longest wait for spans after an answer, in milliseconds. Default: 12,000, longer than the default interval of
   * common tracers. This sandbox's processes report sooner.
   */
  readonly waitMs?: number | undefined;
  /** Called after each trace. */
  readonly onJudged?: (judged: number) => void;
}

const inParallel = { concurrency: 16 };

/** Microseconds. The sandbox's apps record the end of an answer when its last byte is sent. */
const sandboxEndTolerance = 100_000;

/** With more requests than this, the hops log no headers, because that would slow down the measured requests. */
const mostWithHeaders = 20;

/**
 * Sends requests, each once, waits for their traces, judges each against the shape, and explains those that are not
 * whole. A system that is not this sandbox gets a trace context to join, so that the trace is known.
 *
 * @returns a trace for each request, in the order sent
 * @throws Error if the system or Zipkin does not answer
 */
export async function verify(verification: Verification): Promise<VerifiedTrace[]> {
  const { request, count, zipkin, sandbox } = verification;
  const requests = Array.from({ length: count }, () => (sandbox ? request : withContext(request)));
  const statesBefore = sandbox ? await reporterStates(sandbox) : [];
  const countersBefore = await readCollector(zipkin);
  const send = () => pMap(requests, sendTraced, inParallel);
  const writesHeaders = sandbox !== undefined && requests.length <= mostWithHeaders;
  const answers = await (writesHeaders ? withHeaderLogs(sandbox, send) : send());
  const collected = await collectAll(verification, answers);
  const records = writesHeaders ? await allHeaderRecords(sandbox) : [];
  const judged = collected.map((one) => {
    const sent = { ...one, headers: recordsOf(records, one.answer) };
    return { sent, verdict: judgeSent(verification, sent) };
  });
  const isWhole = judged.every(({ verdict }) => verdict.whole);
  const reporters = sandbox && !isWhole ? lostBetween(statesBefore, await reporterStates(sandbox)) : [];
  const collector = isWhole ? undefined : countedBetween(countersBefore, await readCollector(zipkin));
  const explain = async ({ sent, verdict }: (typeof judged)[number]): Promise<VerifiedTrace> => {
    const { answer, spans, headers, waitedMs } = sent;
    const trace = { traceId: answer.traceId ?? '', answer, spans };
    const silent = verdict.ownApps.filter(({ nodes }) => nodes.length === 0);
    if (verdict.whole && silent.length === 0) return { ...trace, verdict, diagnoses: [] };
    const nearby = await tracesNearby(zipkin, answer.sentAt, answer.requestId);
    const elsewhere = silent.flatMap((own) => (beganElsewhere(own, nearby) ? own.app : []));
    const final = elsewhere.length > 0 ? judgeSent(verification, sent, elsewhere) : verdict;
    const diagnoses = diagnose(final, { nearby, reporters, headers, collector });
    return { ...trace, verdict: final, diagnoses, ...(final.findings.some(isLate) && { waitedMs }) };
  };
  return pMap(judged, explain, inParallel);
}

interface Sent {
  readonly answer: TracedAnswer;
  readonly spans: readonly Span[];
  readonly headers: readonly HopRecord[];
}

function judgeSent({ shape, sandbox, limits }: Verification, sent: Sent, elsewhere: readonly string[] = []): Verdict {
  const { callerSpanId, otherTraceIds } = sent.answer;
  return judge(shape, sent.spans, {
    ...limits,
    endTolerance: limits?.endTolerance ?? (sandbox && sandboxEndTolerance),
    sendsParents: sandbox !== undefined,
    ...{ callerSpanId, otherTraceIds, headers: sent.headers, elsewhere },
  });
}

/** Waits for the trace of each answer until it is complete, at most as long as tracers wait before they report. */
function collectAll(verification: Verification, answers: readonly TracedAnswer[]) {
  const { shape, zipkin, sandbox, onJudged, waitMs } = verification;
  const quiet = sandbox && waitMs === undefined ? untilReported(sandbox) : {};
  let collected = 0;
  const collect = async (answer: TracedAnswer) => {
    const isComplete = (spans: readonly Span[]) => {
      const { findings, ownApps } = judgeSent(verification, { answer, spans, headers: [] });
      return !findings.some(isLate) && ownApps.every(({ server }) => server);
    };
    const wait = {
      limitMs: waitMs ?? longestReportMs,
      ...(shape === anyShape ? {} : { enough: isComplete }),
      since: answer.sentAt + answer.tookMs,
      ...quiet,
    };
    const spans = answer.traceId === undefined ? [] : await collectTrace(zipkin, answer.traceId, wait);
    collected += 1;
    onJudged?.(collected);
    return { answer, spans, waitedMs: Date.now() - wait.since };
  };
  return pMap(answers, collect, inParallel);
}
