import { setTimeout as delay } from 'node:timers/promises';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';
import type { Span } from '../../sandbox/trace/span.js';
import { type Attempt, Caller } from './caller.js';
import type { FaultCase, Step } from './cases.js';
import type { Control, Service } from './control.js';
import { fillZipkin } from './fill-zipkin.js';
import { type Judged, judge, missingSpans, type Outcome, type SpanCounts } from './outcome.js';

/** What a case did, and how long each service that was told to end took for it, in seconds. */
export interface CaseResult {
  readonly fault: FaultCase;
  readonly outcome: Outcome;
  readonly secondsToEnd: readonly number[];
}

const calmMs = 1000;
/** Longest wait for all to be well again; on a busy machine most of it is Zipkin's start. */
const healSeconds = 60;
/** No reporter of the sandbox waits longer than this between two attempts. */
const quietMs = 2500;

interface Run {
  readonly control: Control;
  readonly terminatedAt: number[];
  readonly secondsToEnd: number[];
}

const serviceOf = (part: string): Service => part.split('/')[0] as Service;

async function slowDown(control: Control, step: Extract<Step, { do: 'slow' }>): Promise<void> {
  const end = Date.now() + step.seconds * 1000;
  while (Date.now() < end) {
    await control.signal(step.part, 'SIGSTOP');
    await delay(400);
    await control.signal(step.part, 'SIGCONT');
    await delay(100);
  }
}

async function take(run: Run, step: Step): Promise<void> {
  const { control } = run;
  switch (step.do) {
    case 'kill':
      return control.signal(step.part, 'SIGKILL');
    case 'pause':
      return control.signal(step.part, 'SIGSTOP');
    case 'resume':
      return control.signal(step.part, 'SIGCONT');
    case 'hold':
      return control.hold(step.part, step.seconds);
    case 'stop':
    case 'start':
      return control[step.do](step.service);
    case 'cut':
    case 'mend':
      return control[step.do](step.service);
    case 'wait':
      return delay(step.seconds * 1000);
    case 'slow':
      return slowDown(control, step);
    case 'fill':
      return fillZipkin(control.zipkinUrl, step.megabytes);
    case 'terminate': {
      run.terminatedAt.push(Date.now());
      const ends = step.parts.map((part) =>
        control.secondsToEnd(serviceOf(part), () => control.signal(part, 'SIGTERM')),
      );
      run.secondsToEnd.push(...(await Promise.all(ends)));
    }
  }
}

async function takeAll(run: Run, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await take(run, step);
}

/** Waits until Zipkin answers and the front has answered nothing but 200 for a while. */
async function waitUntilWell({ control }: Run, caller: Caller, seconds: number): Promise<void> {
  const begun = Date.now();
  const attempt = async () => {
    const since = Math.max(begun, Date.now() - calmMs);
    if (Date.now() - begun < calmMs) throw new Error('not watched for long');
    await fetchText(`${control.zipkinUrl}/health`);
    const recent = caller.attempts.filter(({ sentAt }) => sentAt >= since);
    const ill = recent.find(({ answer }) => answer !== 200);
    if (ill || recent.length === 0) throw new Error(`the front answers ${ill?.answer ?? 'nothing'}`);
  };
  await waitFor('the sandbox well again', attempt, { seconds, everyMs: 100 });
}

async function read(zipkin: ZipkinClient, traceIds: readonly string[]): Promise<Span[][]> {
  const traces: Span[][] = [];
  for (let from = 0; from < traceIds.length; from += 100) {
    traces.push(...(await zipkin.traceMany(traceIds.slice(from, from + 100))));
  }
  return traces;
}

/** Gives what each trace lacks once no span has come for a while. */
async function judgeTraces(
  zipkin: ZipkinClient,
  attempts: readonly Attempt[],
  expected: SpanCounts,
): Promise<Judged[]> {
  const traceIds = attempts.flatMap(({ answer, traceId }) => (answer === 200 && traceId ? [traceId] : []));
  const lacks = new Map(traceIds.map((traceId) => [traceId, missingSpans(expected, [])]));
  let waiting = traceIds;
  let quietSince = Date.now();
  let known = -1;
  while (waiting.length > 0 && Date.now() - quietSince < quietMs) {
    const traces = await waitFor('Zipkin', () => read(zipkin, waiting), { seconds: healSeconds, everyMs: 500 });
    for (const spans of traces) lacks.set(spans[0]?.traceId ?? '', missingSpans(expected, spans));
    const count = traces.reduce((sum, spans) => sum + spans.length, 0) + traceIds.length - waiting.length;
    if (count !== known) quietSince = Date.now();
    known = count;
    waiting = traceIds.filter((traceId) => lacks.get(traceId)?.size !== 0);
    await delay(250);
  }
  return attempts.map((attempt) => ({ ...attempt, missing: lacks.get(attempt.traceId ?? '') ?? new Map() }));
}

/**
 * Injects one fault while requests are sent, waits until all is well again, and reads what became of each request.
 *
 * @param control power over a sandbox in which all is well
 * @param rate requests a second
 * @param expected the spans of a whole trace
 * @throws Error where a step cannot be taken
 */
export async function runCase(
  control: Control,
  fault: FaultCase,
  rate: number,
  expected: SpanCounts,
): Promise<CaseResult> {
  const run: Run = { control, terminatedAt: [], secondsToEnd: [] };
  const caller = new Caller(`${control.frontUrl}/trace/1`, rate);
  let attempts: Attempt[];
  let faultAt: number;
  let faultEndedAt: number;
  try {
    await waitUntilWell(run, caller, healSeconds);
    await delay(calmMs);
    faultAt = Date.now();
    await takeAll(run, fault.steps);
    faultEndedAt = Date.now();
    // What is not well by then shows in the outcome.
    await waitUntilWell(run, caller, healSeconds).catch(() => undefined);
    await delay(calmMs);
  } finally {
    attempts = await caller.stop();
  }
  const judged = await judgeTraces(new ZipkinClient(control.zipkinUrl), attempts, expected);
  const spansPerTrace = [...expected.values()].reduce((sum, count) => sum + count, 0);
  const timeline = { faultAt, faultEndedAt, terminatedAt: run.terminatedAt };
  return { fault, outcome: judge(judged, timeline, spansPerTrace), secondsToEnd: run.secondsToEnd };
}
