import { setTimeout as delay } from 'node:timers/promises';
import { diagnose } from '../diagnosis/diagnose.js';
import type { Span } from '../trace/span.js';
import type { Limits } from '../verdict/check-times.js';
import { ServedCalls } from '../verdict/cut-call.js';
import { judge } from '../verdict/judge.js';
import type { Shape } from '../verdict/shape.js';
import { isLate, type JudgedTrace } from './judged-trace.js';
import type { ZipkinClient } from './zipkin-client.js';

/** Judges traces that are stored already. The other traces are evidence for each. Sends no request. */
export function judgeStored(traces: readonly (readonly Span[])[], shape: Shape, limits: Limits = {}): JudgedTrace[] {
  const otherCalls = new ServedCalls(traces);
  return traces.map((spans) => {
    const verdict = judge(shape, spans, { ...limits, otherCalls });
    const diagnoses = verdict.whole ? [] : diagnose(verdict, { nearby: traces.filter((other) => other !== spans) });
    return { traceId: spans[0]?.traceId ?? '', spans, verdict, diagnoses };
  });
}

/** How many days back the last traces are searched. */
export const recentDays = 7;

export interface RecentTraces {
  readonly limit: number;
  readonly serviceName?: string | undefined;
  /** How late spans may come, in milliseconds. */
  readonly waitMs: number;
  readonly shape: Shape;
  readonly limits: Limits;
  /** Called before the wait for late spans of young traces that are not complete. */
  readonly onWait: (milliseconds: number) => void;
}

/**
 * Judges the last traces in a Zipkin. Young traces that are not complete are judged again when no more spans can come.
 *
 * @throws ZipkinError if Zipkin does not answer
 */
export async function judgeRecent(zipkin: ZipkinClient, recent: RecentTraces): Promise<JudgedTrace[]> {
  const { limit, serviceName, waitMs, shape, limits, onWait } = recent;
  const query = { limit, lookback: recentDays * 86_400_000, ...(serviceName === undefined ? {} : { serviceName }) };
  const traces = await zipkin.traces(query);
  const judged = judgeStored(traces, shape, limits);
  const late = judged.filter(({ verdict }) => verdict.findings.some(isLate));
  const youngest = late.reduce((last, { spans }) => Math.max(last, lastStart(spans)), 0);
  const left = youngest / 1000 + waitMs - Date.now();
  if (left <= 0 || left > waitMs) return judged;
  onWait(left);
  await delay(left);
  const again = await zipkin.traceMany(late.map(({ traceId }) => traceId));
  const latest = new Map([...traces, ...again].map((spans) => [spans[0]?.traceId, spans]));
  return judgeStored([...latest.values()], shape, limits);
}

function lastStart(spans: readonly Span[]): number {
  return spans.reduce((last, { timestamp = 0, duration = 0 }) => Math.max(last, timestamp + duration), 0);
}
