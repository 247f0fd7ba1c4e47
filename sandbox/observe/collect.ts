import type { RunningSandbox } from '../topology/running-sandbox.js';
import { waitFor } from '../topology/wait.js';
import type { Span } from '../trace/span.js';
import { anyUnderWay } from './reporter-counters.js';
import { sendTraced, type TracedAnswer, type TracedRequest } from './send.js';
import { type ZipkinClient, ZipkinError } from './zipkin-client.js';

export interface TraceWait {
  /** Longest wait in milliseconds. */
  readonly limitMs: number;
  /** Whether no more spans will come, so that the wait can end at once. Undefined if nobody knows. */
  readonly enough?: (spans: readonly Span[]) => boolean;
  /** The wait ends if spans are there and no new one has come for this many milliseconds. Default: `limitMs`. */
  readonly quietMs?: number;
  /** Whether spans are known to be on their way. As long as they are, the wait does not end because it is quiet. */
  readonly isReporting?: () => Promise<boolean>;
  /** The start of the wait in epoch milliseconds. Default: now. */
  readonly since?: number;
  /** The time between two queries. It grows up to `slowestMs`, by default eight times as long. */
  readonly everyMs?: number;
  readonly slowestMs?: number;
  readonly signal?: AbortSignal;
}

/** After this time without a new span the sandbox's own processes have sent their reports: they do so within 0.2 s. */
const quietSandboxMs = 1500;

/** The user's own apps may report later: OpenTelemetry's exporters report every five seconds. */
export const quietOwnAppMs = 6000;

/** @returns the time without a new span after which all reports are sent, in milliseconds */
export function quietMsOf({ model }: Pick<RunningSandbox, 'model'>): number {
  return model.services.some(({ app }) => app?.isOwn) ? quietOwnAppMs : quietSandboxMs;
}

const oldestReadingMs = 1000;

/** @returns how to wait for traces of a sandbox until no more spans come, also if Zipkin takes seconds for a report */
export function untilReported(sandbox: RunningSandbox): Pick<TraceWait, 'quietMs' | 'isReporting'> {
  let reading: Promise<boolean> | undefined;
  let readAt = 0;
  const isReporting = () => {
    if (!reading || Date.now() - readAt > oldestReadingMs) [reading, readAt] = [anyUnderWay(sandbox), Date.now()];
    return reading;
  };
  return { quietMs: quietMsOf(sandbox), isReporting };
}

/**
 * Waits for a trace: until it is complete, until no new span has come for some time, or until time is up.
 *
 * @returns the spans; none if Zipkin got none in time
 * @throws ZipkinError if Zipkin does not answer; the signal's reason when aborted
 */
export async function collectTrace(zipkin: ZipkinClient, traceId: string, wait: TraceWait): Promise<Span[]> {
  const { limitMs, enough, quietMs = limitMs, isReporting, since = Date.now(), everyMs = 60, signal } = wait;
  const { slowestMs = 8 * everyMs } = wait;
  let spans: Span[] | undefined;
  let changed = Date.now();
  const look = async () => {
    // What is delivered after this is in the trace that is read next.
    const isOver = Date.now() - changed > quietMs && !(await isReporting?.());
    const now = await zipkin.trace(traceId);
    const isNew = now.length !== spans?.length;
    if (isNew) [spans, changed] = [now, Date.now()];
    if (!(isNew ? enough?.(now) : now.length > 0 && isOver)) throw new Error(`${now.length} spans`);
  };
  const seconds = Math.max(0, since + limitMs - Date.now()) / 1000;
  const isFinal = (error: unknown) => error instanceof ZipkinError;
  await waitFor(`trace ${traceId}`, look, { seconds, everyMs, slowestMs, isFinal, signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (isFinal(error)) throw error;
  });
  // A system that knows only 64-bit ids joins with the last half of the trace id.
  return spans?.length ? spans : zipkin.trace(traceId.slice(-16));
}

/**
 * Sends one request and waits for its trace.
 *
 * @param wait how to wait, or a function that decides it from the answer
 * @returns the answer, and the spans; none if the answer names no trace
 * @throws Error if the system or Zipkin does not answer
 */
export async function traceRequest(
  zipkin: ZipkinClient,
  request: TracedRequest,
  wait: TraceWait | ((answer: TracedAnswer) => TraceWait),
): Promise<{ readonly answer: TracedAnswer; readonly spans: Span[] }> {
  const answer = await sendTraced(request);
  const { traceId } = answer;
  if (traceId === undefined) return { answer, spans: [] };
  return { answer, spans: await collectTrace(zipkin, traceId, typeof wait === 'function' ? wait(answer) : wait) };
}
