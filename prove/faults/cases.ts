import type { Answer } from './caller.js';
import type { Part, Service } from './control.js';

/** One thing that is done to the sandbox; times in seconds. */
export type Step =
  | { readonly do: 'kill' | 'pause' | 'resume'; readonly part: Part }
  /** Paused, and resumed by itself while the next steps are taken. */
  | { readonly do: 'hold'; readonly part: Part; readonly seconds: number }
  /** SIGTERM to all of them at once; goes on when each service has ended. */
  | { readonly do: 'terminate'; readonly parts: readonly Part[] }
  | { readonly do: 'stop' | 'start'; readonly service: Service }
  | { readonly do: 'cut' | 'mend'; readonly service: 'service2' }
  | { readonly do: 'wait'; readonly seconds: number }
  /** Stopped and let go in turn, so that everything it does takes long. */
  | { readonly do: 'slow'; readonly part: Part; readonly seconds: number }
  /** Spans with big tags to Zipkin, until it takes no more or `megabytes` are sent. */
  | { readonly do: 'fill'; readonly megabytes: number };

/** What a fault may cost. */
export interface Expected {
  /** Answers that a caller may get until all is well again. */
  readonly answers: readonly Answer[];
  /** Which spans of requests answered with 200 may be missing: those not yet stored, or even those that were. */
  readonly loses: 'nothing' | 'unreported spans' | 'stored spans';
  /** Whether requests under way when a process is told to end may get another answer than 200. */
  readonly inFlight?: 'may fail';
}

/** A fault: what is done while requests are sent, and what that may cost. The command and the tests use these. */
export interface FaultCase {
  readonly name: string;
  readonly title: string;
  readonly steps: readonly Step[];
  readonly expected: Expected;
  /** Where it can be done or is worth doing; both where absent. */
  readonly only?: 'native' | 'compose';
}

const wait = (seconds: number): Step => ({ do: 'wait', seconds });
const kill = (part: Part): readonly Step[] => [{ do: 'kill', part }];

/** Holds requests in flight, for less than the egress listener's three seconds, and meanwhile tells parts to end. */
const terminate = (...parts: Part[]): readonly Step[] => [
  { do: 'hold', part: 'service2/app', seconds: 2 },
  wait(0.5),
  { do: 'terminate', parts },
];

const stop = (service: Service): Step => ({ do: 'stop', service });
const start = (service: Service): Step => ({ do: 'start', service });

/** Every fault that `npm run prove -- faults` injects, in its order. */
export const faultCases: readonly FaultCase[] = [
  {
    name: 'zipkin-hung',
    title: 'Zipkin hung for 8 s',
    steps: [{ do: 'pause', part: 'zipkin' }, wait(8), { do: 'resume', part: 'zipkin' }],
    expected: { answers: [200], loses: 'unreported spans' },
  },
  {
    name: 'zipkin-killed',
    title: 'Zipkin killed',
    steps: kill('zipkin'),
    expected: { answers: [200], loses: 'stored spans' },
  },
  {
    name: 'zipkin-restarted',
    title: 'Zipkin restarted (SIGTERM)',
    steps: [{ do: 'terminate', parts: ['zipkin'] }],
    expected: { answers: [200], loses: 'stored spans' },
  },
  {
    name: 'zipkin-full',
    title: "Zipkin's heap full",
    steps: [{ do: 'fill', megabytes: 1500 }],
    expected: { answers: [200], loses: 'stored spans' },
  },
  {
    name: 'app-killed',
    title: "service2's app killed",
    steps: kill('service2/app'),
    expected: { answers: [200, 502, 503], loses: 'unreported spans' },
  },
  {
    name: 'app-hung',
    title: "service2's app hung for good",
    steps: [{ do: 'pause', part: 'service2/app' }],
    expected: { answers: [200, 502, 503, 504], loses: 'unreported spans' },
  },
  {
    name: 'app-slow',
    title: "service2's app slow for 4 s",
    steps: [{ do: 'slow', part: 'service2/app', seconds: 4 }],
    expected: { answers: [200], loses: 'nothing' },
    only: 'native',
  },
  {
    name: 'sidecar-killed',
    title: "service2's sidecar killed",
    steps: kill('service2/sidecar'),
    expected: { answers: [200, 502, 503], loses: 'unreported spans' },
  },
  {
    name: 'service1-killed',
    title: 'service1 killed, app and sidecar',
    steps: kill('service1'),
    expected: { answers: [200, 503], loses: 'unreported spans' },
  },
  {
    name: 'network-cut',
    title: 'network to service2 cut for 5 s',
    steps: [{ do: 'cut', service: 'service2' }, wait(5), { do: 'mend', service: 'service2' }],
    expected: { answers: [200, 502, 503, 504], loses: 'unreported spans' },
  },
  {
    name: 'app-terminated',
    title: "SIGTERM to service2's app",
    steps: terminate('service2/app'),
    expected: { answers: [200, 502, 503, 504], loses: 'nothing' },
  },
  {
    name: 'sidecar-terminated',
    title: "SIGTERM to service2's sidecar",
    steps: terminate('service2/sidecar'),
    // An Envoy ends at once when it is told to; start-service, which drains it first, is who should be told.
    expected: { answers: [200, 502, 503], loses: 'unreported spans', inFlight: 'may fail' },
  },
  {
    name: 'service2-restarted',
    title: 'service2 restarted (SIGTERM)',
    steps: terminate('service2'),
    expected: { answers: [200, 502, 503], loses: 'nothing' },
  },
  {
    name: 'service1-restarted',
    title: 'service1 restarted (SIGTERM), requests in flight',
    steps: terminate('service1'),
    expected: { answers: [200, 503], loses: 'nothing' },
  },
  {
    name: 'front-restarted',
    title: 'the front restarted (SIGTERM), requests in flight',
    steps: terminate('front-envoy'),
    expected: { answers: [200, 'refused', 'reset'], loses: 'nothing' },
  },
  {
    name: 'everything-terminated',
    title: 'SIGTERM to front, service1 and service2 at once',
    steps: terminate('front-envoy', 'service1', 'service2'),
    expected: { answers: [200, 502, 503, 'refused', 'reset'], loses: 'nothing' },
  },
  {
    name: 'wrong-order',
    title: 'all started in the wrong order: the front first, Zipkin last',
    steps: [
      ...[stop('front-envoy'), stop('service1'), stop('service2'), stop('zipkin')],
      ...[start('front-envoy'), wait(1), start('service1'), wait(1), start('service2'), wait(1), start('zipkin')],
    ],
    expected: {
      answers: [200, 502, 503, 504, 'refused', 'reset'],
      loses: 'stored spans',
    },
  },
];
