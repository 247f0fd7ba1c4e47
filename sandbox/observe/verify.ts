import pMap from 'p-map';
import { diagnose } from '../diagnosis/diagnose.js';
import { beganElsewhere } from '../diagnosis/explain-own-apps.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import type { Span } from '../trace/span.js';
import { anyShape, judge, type Verdict } from '../verdict/judge.js';
import type { Shape } from '../verdict/shape.js';
import { collectTrace, quietMsOf } from './collect.js';
import { collectorCounters, countedBetween, lostBetween, reporterStates, tracesNearby } from './gather-evidence.js';
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
  /** Longest duration of a whole request in microseconds; undefined for no limit. */
  readonly within: number | undefined;
  /** How many microseconds a span may lie outside its parent; undefined for the defaults of `judge`. */
  readonly tolerance?: number | undefined;
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
  const countersBefore = await collectorCounters(zipkin);
  const send = () => pMap(requests, (each) => sendTraced(each), inParallel);
  const writesHeaders = sandbox !== undefined && requests.length <= mostWithHeaders;
  const answers = await (writesHeaders ? withHeaderLogs(sandbox, send) : send());
  const traces = await collectAll(verification, answers);
  const records = writesHeaders ? await allHeaderRecords(sandbox) : [];
  const judged = traces.map((trace) => {
    const headers = recordsOf(records, trace.answer);
    return { ...trace, headers, verdict: judgeOne(verification, trace.spans, trace.answer, headers) };
  });
  const isWhole = judged.every(({ verdict }) => verdict.whole);
  const reporters = sandbox && !isWhole ? lostBetween(statesBefore, await reporterStates(sandbox)) : [];
  const collector = isWhole ? undefined : countedBetween(countersBefore, await collectorCounters(zipkin));
  return pMap(
    judged,
    async ({ headers, waitedMs, ...trace }) => {
      const silent = trace.verdict.ownApps.filter(({ nodes }) => nodes.length === 0);
      if (trace.verdict.whole && silent.length === 0) return { ...trace, diagnoses: [] };
      const nearby = await tracesNearby(zipkin, trace.answer.sentAt, trace.answer.requestId);
      const elsewhere = silent.flatMap((own) => (beganElsewhere(own, nearby) ? own.app : []));
      const verdict =
        elsewhere.length > 0 ? judgeOne(verification, trace.spans, trace.answer, headers, elsewhere) : trace.verdict;
      const diagnoses = diagnose(verdict, { nearby, reporters, headers, collector });
      return { ...trace, verdict, diagnoses, ...(verdict.findings.some(isLate) && { waitedMs }) };
    },
    inParallel,
  );
}

function judgeOne(
  { shape, sandbox, within, tolerance }: Verification,
  spans: readonly Span[],
  { callerSpanId, otherTraceIds }: TracedAnswer,
  headers: readonly HopRecord[],
  elsewhere: readonly string[] = [],
): Verdict {
  return judge(shape, spans, {
    callerSpanId,
    otherTraceIds,
    headers,
    elsewhere,
    ...(sandbox ? { sendsParents: true, endTolerance: sandboxEndTolerance } : {}),
    ...(within === undefined ? {} : { within }),
    ...(tolerance === undefined ? {} : { startTolerance: tolerance, endTolerance: tolerance }),
  });
}

/** Waits for the trace of each answer until it is complete, at most as long as tracers wait before they report. */
function collectAll(verification: Verification, answers: readonly TracedAnswer[]) {
  const { shape, zipkin, sandbox, onJudged, waitMs } = verification;
  let collected = 0;
  return pMap(
    answers,
    async (answer) => {
      const { traceId, sentAt, tookMs } = answer;
      const isComplete = (spans: readonly Span[]) => {
        const { findings, ownApps } = judgeOne(verification, spans, answer, []);
        return !findings.some(isLate) && ownApps.every(({ server }) => server);
      };
      const wait = {
        limitMs: waitMs ?? longestReportMs,
        ...(shape === anyShape ? {} : { enough: isComplete }),
        since: sentAt + tookMs,
        ...(sandbox && waitMs === undefined ? { quietMs: quietMsOf(sandbox) } : {}),
      };
      const spans = traceId === undefined ? [] : await collectTrace(zipkin, traceId, wait);
      collected += 1;
      onJudged?.(collected);
      return { traceId: traceId ?? '', answer, spans, waitedMs: Date.now() - wait.since };
    },
    inParallel,
  );
}
