import { randomBytes } from 'node:crypto';
import type { Diagnosis } from '../diagnosis/cause.js';
import { diagnose } from '../diagnosis/diagnose.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import type { Span } from '../trace/span.js';
import { buildTree } from '../trace/tree.js';
import { type JudgeOptions, judge, type Verdict } from '../verdict/judge.js';
import { matchShape } from '../verdict/match-shape.js';
import { countExpected, type Shape } from '../verdict/shape.js';
import { collectTrace } from './collect.js';
import { lostBetween, reporterStates, tracesNearby } from './gather-evidence.js';
import { headerRecords, withHeaderLogs } from './header-log.js';
import { sendTraced, type TracedAnswer, type TracedRequest } from './send.js';
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

const parallel = 16;
const longestWaitMs = 8000;

/** Above this many requests the hops write no headers down: it would slow what is measured. */
const mostWithHeaders = 20;

/** A system that does not answer with its trace id is sent a context to join, so that the id is known. */
async function sendKnowing(request: TracedRequest): Promise<{ answer: TracedAnswer; joined: boolean }> {
  const answer = await sendTraced(request);
  if (answer.traceId !== undefined) return { answer, joined: 'x-b3-traceid' in request.headers };
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const context = {
    'x-b3-traceid': traceId,
    'x-b3-spanid': spanId,
    'x-b3-sampled': '1',
    traceparent: `00-${traceId}-${spanId}-01`,
  };
  return { answer: await sendTraced({ ...request, headers: { ...request.headers, ...context } }), joined: true };
}

async function inParallel<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(parallel, count) }, worker));
  return results;
}

/**
 * Sends requests, waits for their traces, judges each against the shape, and explains those that are not whole.
 *
 * @returns one for each request, in the order sent
 * @throws Error where the system or Zipkin does not answer
 */
export async function verify(verification: Verification): Promise<JudgedTrace[]> {
  const { request, count, shape, zipkin, sandbox, within, tolerance, onJudged } = verification;
  const statesBefore = sandbox ? await reporterStates(sandbox) : [];
  const send = () => inParallel(count, () => sendKnowing(request));
  const writesHeaders = sandbox !== undefined && count <= mostWithHeaders;
  const sent = await (writesHeaders ? withHeaderLogs(sandbox, send) : send());
  const expected = countExpected(shape);
  const enough = (spans: readonly Span[]) =>
    spans.length >= expected && matchShape(shape, buildTree(spans)).findings.length === 0;
  let judged = 0;
  const judgedTraces = await inParallel(sent.length, async (index) => {
    const { answer, joined } = sent[index] ?? (await sendKnowing(request));
    const spans = answer.traceId ? await collectTrace(zipkin, answer.traceId, { enough, limitMs: longestWaitMs }) : [];
    const headers = writesHeaders && answer.requestId ? await headerRecords(sandbox, answer.requestId) : [];
    const options: JudgeOptions = {
      joined,
      headers,
      ...(within === undefined ? {} : { within }),
      ...(tolerance === undefined ? {} : { startTolerance: tolerance, endTolerance: tolerance }),
    };
    const verdict = judge(shape, spans, options);
    judged += 1;
    onJudged?.(judged);
    return { traceId: answer.traceId ?? '', answer, spans, verdict, headers };
  });
  if (judgedTraces.every(({ verdict }) => verdict.whole)) {
    return judgedTraces.map(({ headers, ...trace }) => ({ ...trace, diagnoses: [] }));
  }
  const reporters = sandbox ? lostBetween(statesBefore, await reporterStates(sandbox)) : [];
  return inParallel(judgedTraces.length, async (index) => {
    const { headers, ...trace } = judgedTraces[index] as (typeof judgedTraces)[number];
    if (trace.verdict.whole) return { ...trace, diagnoses: [] };
    const nearby = await tracesNearby(zipkin, trace.answer.sentAt, trace.answer.requestId);
    return { ...trace, diagnoses: diagnose(trace.verdict, { nearby, reporters, headers }) };
  });
}
