import { setTimeout as delay } from 'node:timers/promises';
import type { Part } from '../control/control.js';
import type { Answer } from './caller.js';
import { fillZipkin } from './fill-zipkin.js';
import type { Injection } from './injection.js';

/** A fault: what is done while requests are sent, and what that may cost. The command and the tests use these. */
export interface FaultCase {
  readonly name: string;
  readonly title: string;
  readonly inject: (injection: Injection) => Promise<void>;
  /** Answers that a caller may get until everything works again. */
  readonly answers: readonly Answer[];
  /**
   * Which spans of requests that were answered with 200 may be missing: those not stored yet; stored ones, but none of
   * a request that was sent after the fault began; or any.
   */
  readonly loses: 'nothing' | 'unreported spans' | 'stored spans' | 'any spans';
  /** If it is shorter than the front proxy's own time limit. */
  readonly longestAnswerMs?: number;
  /** Whether requests in flight may get an answer other than 200 when a process is told to end. */
  readonly inFlight?: 'may fail';
  /** Where the fault is possible and useful. Default: both. */
  readonly only?: 'native' | 'compose';
}

const front = 'front-envoy';
const caller = 'service1';
const called = 'service2';
const app = `${called}/app`;
const sidecar = `${called}/sidecar`;
const zipkin = 'zipkin';

type Inject = FaultCase['inject'];

const seconds = (count: number): Promise<void> => delay(count * 1000);

const kill =
  (part: Part): Inject =>
  async (injection) => {
    await injection.control.signal(part, 'KILL');
    if (part === zipkin) injection.begins();
  };

/** Stops Zipkin, and starts it 20 s later. */
const away =
  (start: 'start' | 'startElsewhere'): Inject =>
  async (injection) => {
    await injection.control.stop(zipkin);
    injection.begins();
    await seconds(20);
    await injection.control[start](zipkin);
  };

const restartZipkin: Inject = async (injection) => {
  await injection.terminate([zipkin]);
  injection.begins();
};

/**
 * Holds requests in flight, shorter than the three seconds of the egress listener, and tells parts to end meanwhile.
 */
const terminate =
  (...parts: Part[]): Inject =>
  async (injection) => {
    await injection.control.hold(app, 2);
    await seconds(0.5);
    await injection.terminate(parts);
  };

const hang: Inject = async ({ control }) => {
  await control.signal(zipkin, 'STOP');
  await seconds(8);
  await control.signal(zipkin, 'CONT');
};

/** Stops the process and lets it continue, in turn, so that everything takes long. */
const slow: Inject = async ({ control }) => {
  for (const end = Date.now() + 4000; Date.now() < end; ) {
    await control.signal(app, 'STOP');
    await seconds(0.4);
    await control.signal(app, 'CONT');
    await seconds(0.1);
  }
};

const cut: Inject = async ({ control }) => {
  await control.cut(called);
  await seconds(5);
  await control.mend(called);
};

const startInWrongOrder: Inject = async (injection) => {
  const { control } = injection;
  const order = [front, caller, called, zipkin];
  for (const service of order) await control.stop(service);
  injection.begins();
  for (const service of order) {
    await control.start(service);
    await seconds(1);
  }
};

const fill: Inject = ({ control }) => fillZipkin(control.sandbox.zipkinUrl, 1500);

type Row = readonly [
  name: string,
  title: string,
  inject: Inject,
  answers: FaultCase['answers'],
  loses: FaultCase['loses'],
  more?: Pick<FaultCase, 'inFlight' | 'only' | 'longestAnswerMs'>,
];
const unreported = 'unreported spans';
const stored = 'stored spans';
const failing = [200, 502, 503];
const late = [...failing, 504];
/** No request waits for a report. */
const unhurt = { longestAnswerMs: 1000 };
const mayFail = { inFlight: 'may fail' } as const;
const gone: readonly Answer[] = ['refused', 'reset'];

const rows: readonly Row[] = [
  ['zipkin-hung', 'Zipkin hung for 8 s', hang, [200], 'nothing', unhurt],
  ['zipkin-stopped', 'Zipkin stopped for 20 s', away('start'), [200], stored, unhurt],
  [
    'zipkin-moved',
    'Zipkin started at another address after 20 s',
    away('startElsewhere'),
    [200],
    stored,
    { ...unhurt, only: 'compose' },
  ],
  ['zipkin-killed', 'Zipkin killed', kill(zipkin), [200], stored, unhurt],
  ['zipkin-restarted', 'Zipkin restarted (SIGTERM)', restartZipkin, [200], stored, unhurt],
  ['zipkin-full', "Zipkin's heap full", fill, [200], 'any spans', unhurt],
  ['app-killed', `${called}'s app killed`, kill(app), failing, unreported],
  ['app-hung', `${called}'s app hung for good`, ({ control }) => control.signal(app, 'STOP'), late, unreported],
  ['app-slow', `${called}'s app slow for 4 s`, slow, [200], 'nothing', { only: 'native' }],
  ['sidecar-killed', `${called}'s sidecar killed`, kill(sidecar), failing, unreported],
  [`${caller}-killed`, `${caller} killed, app and sidecar`, kill(caller), [200, 503], unreported],
  ['network-cut', `network to ${called} cut for 5 s`, cut, late, unreported],
  ['app-terminated', `SIGTERM to ${called}'s app`, terminate(app), late, 'nothing'],
  // An Envoy that gets SIGTERM ends at once. start-service, which drains it first, should get the signal instead.
  ['sidecar-terminated', `SIGTERM to ${called}'s sidecar`, terminate(sidecar), failing, unreported, mayFail],
  [`${called}-restarted`, `${called} restarted (SIGTERM)`, terminate(called), failing, 'nothing'],
  [
    `${caller}-restarted`,
    `${caller} restarted (SIGTERM), requests in flight`,
    terminate(caller),
    [200, 503],
    'nothing',
  ],
  [
    'front-restarted',
    'front proxy restarted (SIGTERM), requests in flight',
    terminate(front),
    [200, ...gone],
    'nothing',
  ],
  [
    'everything-terminated',
    `SIGTERM to front proxy, ${caller} and ${called} at once`,
    terminate(front, caller, called),
    [...failing, ...gone],
    'nothing',
  ],
  [
    'wrong-order',
    'all services started in the wrong order, Zipkin last',
    startInWrongOrder,
    [...late, ...gone],
    stored,
  ],
];

/** Every fault of `npm run prove -- faults`, in its order. */
export const faultCases = rows.map(
  ([name, title, inject, answers, loses, more]): FaultCase => ({ name, title, inject, answers, loses, ...more }),
);
