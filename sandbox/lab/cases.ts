import type { Cause } from '../diagnosis/cause.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';

/** One way to break the sandbox, what one sees then, and what `verify` says of it. */
export interface LabCase {
  readonly name: string;
  /** What is done, and what it is in real life. */
  readonly does: string;
  /** What the drawing shows. */
  readonly picture: string;
  /** Undefined where the trace stays whole: the mesh mends it. */
  readonly cause: Cause | undefined;
  /** The service that the diagnosis names. */
  readonly hop: string;
  /** How many requests it takes to see it; 1 unless said. */
  readonly requests?: number;
  apply(sandbox: RunningSandbox): Promise<unknown>;
}

const appFault = (fault: string) => (sandbox: RunningSandbox) =>
  sandbox.ask('service1', 'app', `/lab/${fault}`, 'POST');

const runtime = (service: string, settings: Readonly<Record<string, number | ''>>) => (sandbox: RunningSandbox) =>
  sandbox.ask(service, 'admin', `/runtime_modify?${new URLSearchParams(toTexts(settings))}`, 'POST');

const toTexts = (settings: Readonly<Record<string, number | ''>>) =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));

function bypass(sandbox: RunningSandbox): Promise<string> {
  const host = sandbox.mode === 'compose' ? 'service2:80' : sandbox.address('service2', 'ingress');
  const direct = encodeURIComponent(`http://${host}/trace/2`);
  return sandbox.ask('service1', 'app', `/lab/bypass-sidecar?direct=${direct}`, 'POST');
}

const delayPercent = 'fault.http.delay.fixed_delay_percent';
const abortPercent = 'fault.http.abort.abort_percent';
const collectorRequests = 'circuit_breakers.zipkin.default.max_requests';
const collectorPending = 'circuit_breakers.zipkin.default.max_pending_requests';

/** Every case of the lab; `docs` and tests are made from this table. */
export const labCases: readonly LabCase[] = [
  {
    name: 'drop-headers',
    does: "service1's app forwards no trace header at all: the app that nobody instrumented",
    picture: 'the trace ends at service1-app; a second one begins at its egress listener',
    cause: 'context-dropped',
    hop: 'service1-app',
    apply: appFault('drop-headers'),
  },
  {
    name: 'drop-span-id',
    does: "service1's app forwards the trace id without a span id: a list of headers with one left out",
    picture: 'the trace ends at service1-app CLIENT; the hops after it record nothing or begin anew',
    cause: 'span-id-dropped',
    hop: 'service1-app',
    apply: appFault('drop-span-id'),
  },
  {
    name: 'empty-parent',
    does: "service1's app sends X-B3-ParentSpanId with no value: a template filled in without one",
    picture: 'all eleven spans; the egress SERVER span has lost its parent and is held by the shared id alone',
    cause: 'parent-dropped',
    hop: 'service1-app',
    apply: appFault('empty-parent'),
  },
  {
    name: 'stale-span-id',
    does: "service1's app sends the span id of an earlier request: a module-level variable shared by all requests",
    picture: 'the spans after service1-app have a parent that is not in the trace',
    cause: 'stale-span-id',
    hop: 'service1-app',
    apply: appFault('stale-span-id'),
  },
  {
    name: 'redecide-sampling',
    does: "service1's app sends X-B3-Sampled: 0 in a trace that is sampled: a sampler of its own in the middle",
    picture: 'the trace ends at service1-app CLIENT, and no other trace begins',
    cause: 'decision-changed',
    hop: 'service1-app',
    apply: appFault('redecide-sampling'),
  },
  {
    name: 'b3-single-only',
    does: "service1's app forwards the context as one b3 header: half of the mesh reads the other form",
    picture: 'whole: every proxy, and the guard of every app, reads both forms. An app with bare zipkin-js would not',
    cause: undefined,
    hop: 'service1-app',
    apply: appFault('b3-single-only'),
  },
  {
    name: 'no-reports',
    does: "service1's app forwards headers and reports nothing: a reporter that was never started",
    picture: 'both spans of service1-app are missing; those after it hang on an id that nobody reported',
    cause: 'not-reported',
    hop: 'service1-app',
    apply: appFault('no-reports'),
  },
  {
    name: 'wrong-name',
    does: "service1's app reports as my-express-app: a default that was left in",
    picture: 'all eleven spans, two of them under a service that nobody knows',
    cause: 'wrong-service-name',
    hop: 'service1-app',
    apply: appFault('wrong-name'),
  },
  {
    name: 'wrong-collector',
    does: "service2's sidecar cannot send to its collector: a wrong address, a closed port",
    picture: 'the spans of service2 are missing; service2-app hangs on an id that nobody reported',
    cause: 'reports-lost',
    hop: 'service2',
    apply: runtime('service2', { [collectorRequests]: 0, [collectorPending]: 0 }),
  },
  {
    name: 'bypass-sidecar',
    does: "service1's app calls service2 directly, around its own sidecar's egress listener",
    picture: 'nine spans: those of the egress listener are not there',
    cause: 'hop-bypassed',
    hop: 'service1-app',
    apply: bypass,
  },
  {
    name: 'clock-ahead',
    does: "service1's app has a clock that is a second ahead",
    picture: 'all eleven spans; those of service1-app begin after their parent has ended',
    cause: 'clock-skew',
    hop: 'service1-app',
    apply: appFault('clock-ahead'),
  },
  {
    name: 'slow-service2',
    does: "service2's sidecar holds every request for two seconds: a fault filter's delay",
    picture: 'a gap of two seconds between service2 SERVER and its CLIENT',
    cause: 'slow',
    hop: 'service2',
    apply: runtime('service2', { [delayPercent]: 100 }),
  },
  {
    name: 'failing-service2',
    does: "service2's sidecar answers 503 to every request; service1's sidecar tries again and gives up",
    picture: 'a CLIENT and a SERVER span for each attempt, all red, and 502 from service1-app',
    cause: 'failed',
    hop: 'service2',
    apply: runtime('service2', { [abortPercent]: 100 }),
  },
  {
    name: 'flaky-service2',
    does: "service2's sidecar answers 503 to half of the requests; service1's sidecar tries again",
    picture: 'where the first attempt failed, a red CLIENT and SERVER pair beside the one that succeeded',
    cause: 'retried',
    hop: 'service1',
    requests: 20,
    apply: runtime('service2', { [abortPercent]: 50 }),
  },
];

/** Puts all right again. */
export async function resetLab(sandbox: RunningSandbox): Promise<void> {
  const envoyDefaults = {
    [delayPercent]: '',
    [abortPercent]: '',
    [collectorRequests]: '',
    [collectorPending]: '',
  } as const;
  await Promise.all([appFault('none')(sandbox), runtime('service2', envoyDefaults)(sandbox)]);
}
