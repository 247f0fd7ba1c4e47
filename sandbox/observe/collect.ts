import type { RunningSandbox } from '../topology/running-sandbox.js';
import { waitFor } from '../topology/wait.js';
import type { Span } from '../trace/span.js';
import { sendTraced, type TracedAnswer, type TracedRequest } from './send.js';
import { type ZipkinClient, ZipkinError } from './zipkin-client.js';

export interface TraceWait {
  /** Longest wait, milliseconds. */
  readonly limitMs: number;
  /** Says whether nothing more is to come, so that waiting can end at once; undefined where nobody knows. */
  readonly enough?: (spans: readonly Span[]) => boolean;
  /** Ends the wait when spans are there and no new one has come for so long, milliseconds. Default: `limitMs`. */
  readonly quietMs?: number;
  /** When waiting began, epoch milliseconds. Default: now. */
  readonly since?: number;
  /** The time between looks; it grows up to `slowestMs`, eight times as much by default. */
  readonly everyMs?: number;
  readonly slowestMs?: number;
  readonly signal?: AbortSignal;
}

/** Nothing new after so long means that nothing more comes, where every reporter sends within 0.2 s as the sandbox's do. */
const quietSandboxMs = 1500;

/** An app of the user's own may send later: OpenTelemetry's exporters do so every five seconds. */
export const quietOwnAppMs = 6000;

/** @returns after how long without a new span none is to come, milliseconds */
export function quietMsOf({ model }: Pick<RunningSandbox, 'model'>): number {
  return model.services.some(({ app }) => app?.isOwn) ? quietOwnAppMs : quietSandboxMs;
}

/**
 * Waits for a trace to be there: until there is enough of it, nothing new has come for some time, or time is up.
 *
 * @returns the spans; none where Zipkin got none in time
 * @throws ZipkinError where Zipkin does not answer; the signal's reason when aborted
 */
export async function collectTrace(zipkin: ZipkinClient, traceId: string, wait: TraceWait): Promise<Span[]> {
  const { limitMs, enough, quietMs = limitMs, since = Date.now(), everyMs = 60, signal } = wait;
  const { slowestMs = 8 * everyMs } = wait;
  let spans: Span[] | undefined;
  let changed = Date.now();
  const look = async () => {
    const now = await zipkin.trace(traceId);
    const isNew = now.length !== spans?.length;
    if (isNew) [spans, changed] = [now, Date.now()];
    const isQuiet = now.length > 0 && Date.now() - changed > quietMs;
    if (!(isNew ? enough?.(now) : isQuiet)) throw new Error(`${now.length} spans`);
  };
  const seconds = Math.max(0, since + limitMs - Date.now()) / 1000;
  const isFinal = (error: unknown) => error instanceof ZipkinError;
  await waitFor(`trace ${traceId}`, look, { seconds, everyMs, slowestMs, isFinal, signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (isFinal(error)) throw error;
  });
  // A system that knows only ids of 64 bits joins with the last half of the trace id.
  return spans?.length ? spans : zipkin.trace(traceId.slice(-16));
}

/**
 * Sends one request and waits for its trace.
 *
 * @param wait how to wait, or what says so of the answer
 * @returns the answer, and the spans; none where the answer names no trace
 * @throws Error where the system or Zipkin does not answer
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
