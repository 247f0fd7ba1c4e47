import pMap from 'p-map';
import type { Diagnosis } from '../diagnosis/cause.js';
import { diagnose } from '../diagnosis/diagnose.js';
import { beganElsewhere } from '../diagnosis/explain-own-apps.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import type { Span } from '../trace/span.js';
import { readContext } from '../trace/trace-headers.js';
import type { Finding } from '../verdict/finding.js';
import { judge, type Verdict } from '../verdict/judge.js';
import { hasOwnApp } from '../verdict/own-app.js';
import type { Shape } from '../verdict/shape.js';
import { collectTrace, quietSandboxMs } from './collect.js';
import { lostBetween, reporterStates, tracesNearby } from './gather-evidence.js';
import { allHeaderRecords, type HopRecord, withHeaderLogs } from './header-log.js';
import { sendTraced, type TracedAnswer, type TracedRequest, withContext } from './send.js';
import type { ZipkinClient } from './zipkin-client.js';

export interface Verification {
  readonly request: TracedRequest;
  readonly count: number;
  readonly shape: Shape;
  readonly zipkin: ZipkinClient;
  /** This sandbox, where it is what is verified: its counters and header records are evidence then. */
  readonly sandbox: RunningSandbox | undefined;
  /** Longest duration of a whole request, microseconds; undefined for any. */
  readonly within: number | undefined;
  /** How far a span may lie outside its parent's time, microseconds; undefined for the defaults of `judge`. */
  readonly tolerance?: number | undefined;
  /**
   * Longest wait for spans after an answer, milliseconds. Default: 12,000, longer than the reporters' own defaults; this
   * sandbox's report sooner.
   */
  readonly waitMs?: number | undefined;
  /** Called after each trace that was judged. */
  readonly onJudged?: (judged: number) => void;
}

/** One request's trace, judged and explained. */
export interface JudgedTrace {
  readonly traceId: string;
  readonly answer: TracedAnswer;
  readonly spans: readonly Span[];
  readonly verdict: Verdict;
  readonly diagnoses: readonly Diagnosis[];
}

const inParallel = { concurrency: 16 };

/** Envoy's and OpenTelemetry's reporters wait 5 s by default, Linkerd's 10 s. */
export const longestReportMs = 12_000;

/** Above this many requests the hops write no headers down: it would slow what is measured. */
const mostWithHeaders = 20;

/** What more spans could mend: nothing is missing once no finding is of these types. */
const lateTypes: ReadonlySet<Finding['type']> = new Set([
  'missing-span',
  'misplaced-span',
  'orphan-span',
  'second-root',
  'unfinished-span',
]);

/**
 * Sends requests, each once, waits for their traces, judges each against the shape, and explains those that are not
 * whole. A system that is not this sandbox gets a trace context to join, so that the trace is known.
 *
 * @returns one for each request, in the order sent
 * @throws Error where the system or Zipkin does not answer
 */
export async function verify(verification: Verification): Promise<JudgedTrace[]> {
  const { shape, zipkin, sandbox, within, tolerance, onJudged } = verification;
  const { request } = verification;
  const requests = Array.from({ length: verification.count }, () => (sandbox ? request : withContext(request)));
  const statesBefore = sandbox ? await reporterStates(sandbox) : [];
  const send = () => pMap(requests, (each) => sendTraced(each), inParallel);
  const writesHeaders = sandbox !== undefined && requests.length <= mostWithHeaders;
  const answers = await (writesHeaders ? withHeaderLogs(sandbox, send) : send());
  const judgeOne = (
    spans: readonly Span[],
    { callerSpanId }: TracedAnswer,
    headers: readonly HopRecord[],
    elsewhere: readonly string[] = [],
  ) =>
    judge(shape, spans, {
      elsewhere,
      joined: callerSpanId !== undefined,
      headers,
      ...(within === undefined ? {} : { within }),
      ...(tolerance === undefined ? {} : { startTolerance: tolerance, endTolerance: tolerance }),
    });
  let collected = 0;
  const traces = await pMap(
    answers,
    async (answer) => {
      const { traceId, sentAt, tookMs } = answer;
      const isComplete = (spans: readonly Span[]) => {
        const { findings, ownApps } = judgeOne(spans, answer, []);
        return findings.every(({ type }) => !lateTypes.has(type)) && ownApps.every(({ server }) => server);
      };
      const wait = {
        limitMs: verification.waitMs ?? longestReportMs,
        enough: isComplete,
        since: sentAt + tookMs,
        ...(sandbox && verification.waitMs === undefined && !hasOwnApp(shape) ? { quietMs: quietSandboxMs } : {}),
      };
      const spans = traceId === undefined ? [] : await collectTrace(zipkin, traceId, wait);
      collected += 1;
      onJudged?.(collected);
      return { traceId: traceId ?? '', answer, spans };
    },
    inParallel,
  );
  const records = writesHeaders ? await allHeaderRecords(sandbox) : [];
  const judged = traces.map((trace) => {
    const { requestId: sent } = trace.answer;
    const headers = records.filter(
      ({ requestId, headers }) =>
        (requestId !== null && requestId === sent) || readContext(headers).traceId === trace.traceId,
    );
    return { ...trace, headers, verdict: judgeOne(trace.spans, trace.answer, headers) };
  });
  const isWhole = judged.every(({ verdict }) => verdict.whole);
  const reporters = sandbox && !isWhole ? lostBetween(statesBefore, await reporterStates(sandbox)) : [];
  return pMap(
    judged,
    async ({ headers, ...trace }) => {
      const silent = trace.verdict.ownApps.filter(({ nodes }) => nodes.length === 0);
      if (trace.verdict.whole && silent.length === 0) return { ...trace, diagnoses: [] };
      const nearby = await tracesNearby(zipkin, trace.answer.sentAt, trace.answer.requestId);
      const elsewhere = silent.flatMap((own) => (beganElsewhere(own, nearby) ? own.app : []));
      const verdict = elsewhere.length > 0 ? judgeOne(trace.spans, trace.answer, headers, elsewhere) : trace.verdict;
      return { ...trace, verdict, diagnoses: diagnose(verdict, { nearby, reporters, headers }) };
    },
    inParallel,
  );
}
