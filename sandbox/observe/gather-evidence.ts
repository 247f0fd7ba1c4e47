import type { ReporterState } from '../diagnosis/evidence.js';
import type { Reporter } from '../topology/mesh-service.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { requestIdTag, type Span } from '../trace/span.js';
import { lossesIn, readReporters } from './reporter-counters.js';
import type { ZipkinClient } from './zipkin-client.js';

/**
 * @param reporters the processes to ask; by default all of the sandbox
 * @returns what each has lost since it started; processes that do not answer are left out
 */
export async function reporterStates(
  sandbox: RunningSandbox,
  reporters?: readonly Reporter[],
): Promise<ReporterState[]> {
  const read = await readReporters(sandbox, reporters);
  return read.map(({ name, service, part, counters }) => {
    const losses = lossesIn(counters);
    return {
      service: name,
      reporter: part === 'app' ? 'app' : 'Envoy',
      lost: losses.reduce((sum, [, count]) => sum + count, 0),
      unit: losses.some(([counter]) => counter.startsWith('dropped')) ? 'spans' : 'reports',
      // A sidecar also keeps the reports of its app.
      isReporting: read.some((each) => each.service === service && each.underWay > 0),
    };
  });
}

/** @returns what each process lost between two readings */
export function lostBetween(before: readonly ReporterState[], after: readonly ReporterState[]): ReporterState[] {
  return after.map((state) => {
    const earlier = before.find(({ service }) => service === state.service)?.lost ?? 0;
    return { ...state, lost: Math.max(0, state.lost - earlier) };
  });
}

const aroundMs = 2000;

/**
 * Finds traces that may be the other half of a broken one: those with its x-request-id, then those from about the same
 * time.
 *
 * @param sentAt when the request was sent, epoch milliseconds
 * @param requestId the answer's x-request-id, if there was one
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
  return [...new Map([...byRequest, ...byTime].map((spans) => [spans[0]?.traceId, spans])).values()];
}
