import type { ReporterState } from '../diagnosis/evidence.js';
import type { Reporter } from '../topology/model.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import type { Span } from '../trace/span.js';
import { requestIdTag } from '../trace/span-tags.js';
import type { ZipkinClient } from './zipkin-client.js';

const lostReports = /^tracing\.zipkin\.reports_(?:dropped|failed|skipped_no_cluster): (\d+)$/gm;

async function envoyState(sandbox: RunningSandbox, { name, service }: Reporter): Promise<ReporterState> {
  const stats = await sandbox.ask(service, 'admin', '/stats?filter=^tracing.zipkin');
  const lost = [...stats.matchAll(lostReports)].reduce((sum, [, count]) => sum + Number(count), 0);
  return { service: name, reporter: 'Envoy', lost, unit: 'reports' };
}

async function appState(sandbox: RunningSandbox, { name, service }: Reporter): Promise<ReporterState> {
  const { dropped } = JSON.parse(await sandbox.ask(service, 'app', '/reporter')) as { dropped: Record<string, number> };
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return { service: name, reporter: 'app', lost, unit: 'spans' };
}

/**
 * @param reporters whom to ask; all of the sandbox's by default
 * @returns what each has lost since it started; those that do not answer are left out
 */
export async function reporterStates(
  sandbox: RunningSandbox,
  reporters: readonly Reporter[] = sandbox.model.reporters,
): Promise<ReporterState[]> {
  const states = await Promise.allSettled(
    reporters.map((reporter) => (reporter.part === 'app' ? appState : envoyState)(sandbox, reporter)),
  );
  return states.flatMap((state) => (state.status === 'fulfilled' ? [state.value] : []));
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
