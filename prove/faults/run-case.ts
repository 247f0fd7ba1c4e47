import { setTimeout as delay } from 'node:timers/promises';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';
import type { Shape } from '../../sandbox/verdict/shape.js';
import type { Control } from '../control/control.js';
import { requestPath } from '../request-shape.js';
import { type Attempt, Caller } from './caller.js';
import type { FaultCase } from './cases.js';
import { Injection } from './injection.js';
import { type Checked, countSpans, missingSpans, type Outcome, outcomeOf } from './outcome.js';

/** The result of a case, and how many seconds each service that was told to end took for it. */
export interface CaseResult {
  readonly fault: FaultCase;
  readonly outcome: Outcome;
  readonly secondsToEnd: readonly number[];
}

const calmMs = 1000;
/** Longest wait until everything works again. On a busy machine most of it is the start of Zipkin. */
const healSeconds = 60;
/** The longest time that an Envoy waits between two attempts to report. */
const quietMs = 6000;

/** Waits until Zipkin answers and the front proxy has answered only 200 for a while. */
async function waitUntilWell({ sandbox }: Control, caller: Caller): Promise<void> {
  const begun = Date.now();
  const attempt = async () => {
    const since = Math.max(begun, Date.now() - calmMs);
    if (Date.now() - begun < calmMs) throw new Error('not watched for long');
    await fetchText(`${sandbox.zipkinUrl}/health`);
    const recent = caller.attempts.filter(({ sentAt }) => sentAt >= since);
    const ill = recent.find(({ answer }) => answer !== 200);
    if (ill || recent.length === 0) throw new Error(`the front answers ${ill?.answer ?? 'nothing'}`);
  };
  await waitFor('the recovery of the sandbox', attempt, { seconds: healSeconds, everyMs: 100 });
}

/** Finds the spans that each trace lacks, when no span has come for a while. */
async function checkTraces(zipkin: ZipkinClient, attempts: readonly Attempt[], shape: Shape): Promise<Checked[]> {
  const nothing = missingSpans(shape, []);
  const lacks = new Map(
    attempts.flatMap(({ answer, traceId }) => (answer === 200 && traceId ? [[traceId, nothing]] : [])),
  );
  let quietSince = Date.now();
  for (let known = -1; Date.now() - quietSince < quietMs; await delay(250)) {
    const waiting = [...lacks].flatMap(([traceId, missing]) => (missing.size > 0 ? [traceId] : []));
    if (waiting.length === 0) break;
    const read = () => zipkin.traceMany(waiting);
    for (const spans of await waitFor('Zipkin', read, { seconds: healSeconds, everyMs: 500 })) {
      lacks.set(spans[0]?.traceId ?? '', missingSpans(shape, spans));
    }
    const left = [...lacks.values()].reduce((sum, missing) => sum + countSpans(missing), 0);
    if (left !== known) quietSince = Date.now();
    known = left;
  }
  return attempts.map((attempt) => ({ ...attempt, missing: lacks.get(attempt.traceId ?? '') ?? new Map() }));
}

/**
 * Injects one fault while requests are sent, waits until everything works again, and finds out what happened to each
 * request.
 *
 * @param control a sandbox in which everything works
 * @param rate requests a second
 * @param shape the shape of a whole trace
 * @throws Error if the fault cannot be injected
 */
export async function runCase(control: Control, fault: FaultCase, rate: number, shape: Shape): Promise<CaseResult> {
  const { frontUrl, zipkinUrl } = control.sandbox;
  const caller = new Caller(frontUrl + requestPath, rate);
  let attempts: Attempt[];
  let injection: Injection;
  let faultEndedAt: number;
  try {
    await waitUntilWell(control, caller);
    await delay(calmMs);
    injection = new Injection(control);
    await fault.inject(injection);
    faultEndedAt = Date.now();
    // What does not work by then shows in the outcome.
    await waitUntilWell(control, caller).catch(() => undefined);
    await delay(calmMs);
  } finally {
    attempts = await caller.stop();
  }
  const checked = await checkTraces(new ZipkinClient(zipkinUrl), attempts, shape);
  const { begunAt: faultAt, terminatedAt } = injection;
  const timeline = { faultAt, faultEndedAt, terminatedAt };
  const outcome = outcomeOf(checked, timeline, countSpans(missingSpans(shape, [])));
  return { fault, outcome, secondsToEnd: injection.secondsToEnd };
}
