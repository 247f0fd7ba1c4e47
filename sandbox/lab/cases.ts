import type { Cause } from '../diagnosis/cause.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';

/** One way to break the sandbox, what the user sees then, and what `verify` says about it. */
export interface LabCase {
  readonly name: string;
  /** What the case does, and the mistake in real life that it stands for. */
  readonly does: string;
  /** What the drawing shows. */
  readonly picture: string;
  /** Undefined if the trace stays whole, because the mesh corrects the fault. */
  readonly cause: Cause | undefined;
  /** The service that the diagnosis names. */
  readonly hop: string;
  /** How many requests are needed to see it. Default: 1. */
  readonly requests?: number;
  apply(sandbox: RunningSandbox): Promise<unknown>;
}

/** The services that the lab breaks: the one that calls, and the one that is called. */
const caller = 'service1';
const called = 'service2';
const callerApp = `${caller}-app`;

const appFault = (fault: string) => (sandbox: RunningSandbox) => sandbox.ask(caller, 'app', `/lab/${fault}`, 'POST');

const runtime = (settings: Readonly<Record<string, number | ''>>) => (sandbox: RunningSandbox) => {
  const texts = Object.entries(settings).map(([name, value]) => [name, String(value)]);
  return sandbox.ask(called, 'admin', `/runtime_modify?${new URLSearchParams(texts)}`, 'POST');
};

function bypass(sandbox: RunningSandbox): Promise<string> {
  const { services } = sandbox.model;
  const { app, ingress } = services.find(({ name }) => name === called) ?? {};
  const host = sandbox.mode === 'compose' ? `${called}:${ingress?.port}` : sandbox.address(called, 'ingress');
  const direct = encodeURIComponent(`http://${host}${app?.path ?? '/'}`);
  return sandbox.ask(caller, 'app', `/lab/bypass-sidecar?direct=${direct}`, 'POST');
}

const delayPercent = 'fault.http.delay.fixed_delay_percent';
const abortPercent = 'fault.http.abort.abort_percent';
const collectorRequests = 'circuit_breakers.zipkin.default.max_requests';
const collectorPending = 'circuit_breakers.zipkin.default.max_pending_requests';

/** A case that breaks the app of the caller. */
const inApp = (name: string, cause: LabCase['cause'], does: string, picture: string): LabCase => ({
  name,
  does: `${caller}'s app ${does}`,
  picture,
  cause,
  hop: callerApp,
  apply: appFault(name),
});

/** Every case of the lab. Documents and tests are made from this table. */
export const labCases: readonly LabCase[] = [
  inApp(
    'drop-headers',
    'context-dropped',
    'forwards no trace header, like an app that nobody instrumented',
    `the trace ends at ${callerApp}; a second trace begins at the egress listener of its sidecar`,
  ),
  inApp(
    'drop-span-id',
    'span-id-dropped',
    'forwards the trace id without a span id, like an app that forwards a list of headers and forgot one',
    `the trace ends at ${callerApp} CLIENT; the later hops record nothing or begin a new trace`,
  ),
  inApp(
    'empty-parent',
    'parent-dropped',
    'sends X-B3-ParentSpanId without a value, like a template with an empty field',
    'all spans arrive; the egress SERVER span has no parent id, and only the id that it shares with its client connects it',
  ),
  inApp(
    'stale-span-id',
    'stale-span-id',
    'sends the span id of an earlier request, like an app that keeps it in a global variable',
    `the spans after ${callerApp} have a parent that is not in the trace`,
  ),
  inApp(
    'redecide-sampling',
    'decision-changed',
    'sends X-B3-Sampled: 0 in a sampled trace, like an app with its own sampler',
    `the trace ends at ${callerApp} CLIENT, and no other trace begins`,
  ),
  inApp(
    'b3-single-only',
    undefined,
    'forwards the context only as one b3 header, a form that not every tracer reads',
    'the trace is whole, because every proxy and every app here reads both forms; plain zipkin-js does not',
  ),
  inApp(
    'no-reports',
    'not-reported',
    'forwards the headers and reports no span, like an app whose reporter was never started',
    `both spans of ${callerApp} are missing; the next span has a parent that nobody reported`,
  ),
  inApp(
    'wrong-name',
    'wrong-service-name',
    'reports as my-express-app, like an app with a default name that nobody changed',
    'all spans arrive; two of them have a service name that nobody knows',
  ),
  {
    name: 'wrong-collector',
    does: `${called}'s sidecar cannot send to its collector, as with a wrong address or a closed port`,
    picture: `the spans of ${called} and ${called}-app are missing, because the app reports through its sidecar`,
    cause: 'reports-lost',
    hop: called,
    apply: runtime({ [collectorRequests]: 0, [collectorPending]: 0 }),
  },
  {
    name: 'bypass-sidecar',
    does: `${caller}'s app calls ${called} directly and bypasses the egress listener of its sidecar`,
    picture: 'the two spans of the egress listener are missing',
    cause: 'hop-bypassed',
    hop: callerApp,
    apply: bypass,
  },
  inApp(
    'clock-ahead',
    'clock-skew',
    'has a clock that is one second ahead',
    `all spans arrive; those of ${callerApp} begin after their parent has ended`,
  ),
  {
    name: `slow-${called}`,
    does: `${called}'s sidecar delays every request by two seconds with a fault filter`,
    picture: `a gap of two seconds between ${called} SERVER and its CLIENT`,
    cause: 'slow',
    hop: called,
    apply: runtime({ [delayPercent]: 100 }),
  },
  {
    name: `failing-${called}`,
    does: `${called}'s sidecar answers 503 to every request; ${caller}'s sidecar tries again and gives up`,
    picture: `a red CLIENT and a red SERVER span for each attempt, and 502 from ${callerApp}`,
    cause: 'failed',
    hop: called,
    apply: runtime({ [abortPercent]: 100 }),
  },
  {
    name: `flaky-${called}`,
    does: `${called}'s sidecar answers 503 to half of the requests; ${caller}'s sidecar tries again`,
    picture: 'where the first attempt failed, a red CLIENT and SERVER pair beside the pair that succeeded',
    cause: 'retried',
    hop: caller,
    requests: 20,
    apply: runtime({ [abortPercent]: 50 }),
  },
];

/** Removes every fault. */
export async function resetLab(sandbox: RunningSandbox): Promise<void> {
  const envoyDefaults = {
    [delayPercent]: '',
    [abortPercent]: '',
    [collectorRequests]: '',
    [collectorPending]: '',
  } as const;
  await Promise.all([appFault('none')(sandbox), runtime(envoyDefaults)(sandbox)]);
}
