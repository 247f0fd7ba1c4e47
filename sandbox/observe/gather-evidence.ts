import type { ReporterState } from '../diagnosis/evidence.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import type { Span } from '../trace/span.js';
import { requestIdTag } from '../trace/span-tags.js';
import type { ZipkinClient } from './zipkin-client.js';

const envoys = { 'front-envoy': 'front-proxy', service1: 'service1', service2: 'service2' } as const;
const lostReports = /^tracing\.zipkin\.reports_(?:dropped|failed|skipped_no_cluster): (\d+)$/gm;

async function envoyState(sandbox: RunningSandbox, container: keyof typeof envoys): Promise<ReporterState> {
  const stats = await sandbox.ask(container, 'admin', '/stats?filter=^tracing.zipkin');
  const lost = [...stats.matchAll(lostReports)].reduce((sum, [, count]) => sum + Number(count), 0);
  return { service: envoys[container], reporter: 'Envoy', lost, unit: 'reports' };
}

async function appState(sandbox: RunningSandbox, service: string): Promise<ReporterState> {
  const { dropped } = JSON.parse(await sandbox.ask(service, 'app', '/reporter')) as { dropped: Record<string, number> };
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return { service: `${service}-app`, reporter: 'app', lost, unit: 'spans' };
}

const askers: Readonly<Record<string, (sandbox: RunningSandbox) => Promise<ReporterState>>> = {
  'front-proxy': (sandbox) => envoyState(sandbox, 'front-envoy'),
  service1: (sandbox) => envoyState(sandbox, 'service1'),
  service2: (sandbox) => envoyState(sandbox, 'service2'),
  'service1-app': (sandbox) => appState(sandbox, 'service1'),
  'service2-app': (sandbox) => appState(sandbox, 'service2'),
};

/**
 * @param names the reporters to ask, by their names in Zipkin; all of them by default
 * @returns what each reporter of the sandbox has lost since it started; those that do not answer are left out
 */
export async function reporterStates(
  sandbox: RunningSandbox,
  names: readonly string[] = Object.keys(askers),
): Promise<ReporterState[]> {
  const states = await Promise.allSettled(names.map((name) => askers[name]?.(sandbox)));
  return states.flatMap((state) => (state.status === 'fulfilled' && state.value ? [state.value] : []));
}

/** @returns what each reporter lost between two looks */
export function lostBetween(before: readonly ReporterState[], after: readonly ReporterState[]): ReporterState[] {
  return after.map((state) => {
    const earlier = before.find(({ service }) => service === state.service)?.lost ?? 0;
    return { ...state, lost: Math.max(0, state.lost - earlier) };
  });
}

const aroundMs = 2000;

/**
 * Finds traces that may be the other half of a broken one: those with its x-request-id, then those of about its time.
 *
 * @param sentAt when the request was sent, epoch milliseconds
 * @param requestId the answer's x-request-id, where there was one
 */
export async function tracesNearby(
  zipkin: ZipkinClient,
  sentAt: number,
  requestId: string | undefined,
): Promise<Span[][]> {
  const window = { endTs: sentAt + aroundMs + 15_000, lookback: aroundMs + 16_000, limit: 50 };
  const byRequest = requestId
    ? await zipkin.traces({ ...window, annotationQuery: `${requestIdTag}=${requestId}` })
    : [];
  const byTime = await zipkin.traces(window);
  const seen = new Set<string | undefined>();
  return [...byRequest, ...byTime].filter(([first]) => {
    if (seen.has(first?.traceId)) return false;
    seen.add(first?.traceId);
    return true;
  });
}
