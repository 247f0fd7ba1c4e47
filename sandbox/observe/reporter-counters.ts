import type { Reporter } from '../topology/mesh-service.js';
import { hasOwnApp, type Model } from '../topology/model.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';

/** What a reporter has counted since it started. */
export interface ReporterCounters {
  /**
   * Its counters by their own names. Those of an Envoy without the prefixes `tracing.zipkin.` and that of its
   * collector's cluster.
   */
  readonly counters: Readonly<Record<string, number>>;
  /** Spans that an Envoy put into reports, or that an app recorded. */
  readonly spans: number;
  /** What it has not delivered yet: an Envoy's unanswered reports, an app's spans. */
  readonly underWay: number;
  /** How long its Envoy has run. An app ends with its sidecar. */
  readonly uptimeSeconds: number;
}

/** What the front proxy counted about incoming requests. */
export interface EdgeCounters {
  readonly requests: number;
  /** Requests that it chose to trace, or that a caller wanted traced. */
  readonly traced: number;
}

/** Counters of the collector's cluster that show how the reports went, beside those of the tracer. */
const ofCluster = [
  'upstream_rq_active',
  'upstream_rq_retry',
  'upstream_rq_retry_overflow',
  'upstream_rq_retry_limit_exceeded',
  'upstream_rq_pending_overflow',
  'upstream_rq_timeout',
  'upstream_cx_connect_fail',
  'upstream_cx_destroy_remote_with_active_rq',
  'upstream_rq_4xx',
  'upstream_rq_5xx',
];

/**
 * @param text Envoy's `/stats`, one `name: value` in each line
 * @param prefixes removed from the names; a name with none of them is left out
 */
export function readStats(text: string, prefixes: readonly string[]): Record<string, number> {
  const found = [...text.matchAll(/^(\S+): (\d+)$/gm)].flatMap(([, name = '', value]) => {
    const prefix = prefixes.find((each) => name.startsWith(each));
    return prefix === undefined ? [] : [[name.slice(prefix.length), Number(value)] as const];
  });
  return Object.fromEntries(found);
}

/**
 * @param json `{"recorded": 3, "dropped": {"full": 1}}`; values that are not numbers are left out, and `dropped.full`
 *   is a name
 */
export function readNumbers(json: object, prefix = ''): Record<string, number> {
  const pairs = Object.entries(json).flatMap(([name, value]): (readonly [string, number])[] => {
    if (typeof value === 'number') return [[`${prefix}${name}`, value]];
    return typeof value === 'object' && value ? Object.entries(readNumbers(value, `${prefix}${name}.`)) : [];
  });
  return Object.fromEntries(pairs);
}

/** Reads `/server_info`, because the gauge `server.uptime` is up to five seconds old. */
async function uptimeOf(sandbox: RunningSandbox, service: string): Promise<number> {
  const info = JSON.parse(await sandbox.ask(service, 'admin', '/server_info')) as { uptime_current_epoch: string };
  return Number.parseInt(info.uptime_current_epoch, 10);
}

const clusterOf = ({ services }: Model, service: string) =>
  services.find(({ name }) => name === service)?.reportsTo?.cluster ?? '';

/**
 * Reads the counters of a reporter.
 *
 * @throws Error if it does not answer, or is one of the user's own apps
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/trace/v3/zipkin.proto
 */
export async function readReporter(sandbox: RunningSandbox, { service, part }: Reporter): Promise<ReporterCounters> {
  const uptime = uptimeOf(sandbox, service);
  uptime.catch(() => undefined);
  if (part === 'app') {
    if (hasOwnApp(sandbox.model, service)) throw new Error(`${service}'s app is the user's own`);
    const counters = readNumbers(JSON.parse(await sandbox.ask(service, part, '/reporter')) as object);
    const { recorded, buffered = 0 } = counters;
    if (recorded === undefined) throw new Error(`${service}'s app does not count its spans`);
    return { counters, spans: recorded, underWay: buffered, uptimeSeconds: await uptime };
  }
  const prefixes = ['tracing.zipkin.', `cluster.${clusterOf(sandbox.model, service)}.`];
  const filter = `^tracing\\.zipkin\\.|^cluster\\..*\\.(${ofCluster.join('|')})$`;
  const counters = readStats(await sandbox.ask(service, part, `/stats?filter=${encodeURIComponent(filter)}`), prefixes);
  const { spans_sent: spans = 0, upstream_rq_active: underWay = 0 } = counters;
  return { counters, spans, underWay, uptimeSeconds: await uptime };
}

/**
 * @param reporters the processes to ask; by default all of the sandbox
 * @returns those that answer, with their counters
 */
export async function readReporters(
  sandbox: RunningSandbox,
  reporters: readonly Reporter[] = sandbox.model.reporters,
): Promise<(Reporter & ReporterCounters)[]> {
  const read = async (reporter: Reporter) => ({ ...reporter, ...(await readReporter(sandbox, reporter)) });
  const readings = await Promise.allSettled(reporters.map(read));
  return readings.flatMap((reading) => (reading.status === 'fulfilled' ? [reading.value] : []));
}

/** @returns whether a reporter still has reports or spans to deliver */
export async function anyUnderWay(sandbox: RunningSandbox): Promise<boolean> {
  return (await readReporters(sandbox)).some(({ underWay }) => underWay > 0);
}

/** @throws Error if the front proxy does not answer */
export async function readEdge(sandbox: RunningSandbox): Promise<EdgeCounters> {
  const { front, edge } = sandbox.model;
  const prefix = `http.${edge.statPrefix}.`;
  const filter = encodeURIComponent(`^${prefix.replaceAll('.', '\\.')}(downstream_rq_total|tracing\\.)`);
  const counters = readStats(await sandbox.ask(front.name, 'admin', `/stats?filter=${filter}`), [prefix]);
  const traced = ['random_sampling', 'service_forced', 'client_enabled'].map(
    (name) => counters[`tracing.${name}`] ?? 0,
  );
  return { requests: counters.downstream_rq_total ?? 0, traced: traced.reduce((sum, each) => sum + each, 0) };
}

/** The counters of an Envoy for lost reports. */
const inWords: Readonly<Record<string, string>> = {
  reports_dropped: 'reports that were answered with an error',
  reports_failed: 'reports that got no answer',
  reports_skipped_no_cluster: 'reports that had no collector cluster',
  upstream_rq_retry_overflow: 'reports that were dropped because too many waited for a retry',
  upstream_rq_pending_overflow: 'reports that were dropped because too many waited for a connection',
};

/** @returns the counters of lost spans or reports that are not 0 */
export function lossesIn(counters: Readonly<Record<string, number>>): [name: string, count: number][] {
  return Object.entries(counters).filter(
    ([name, count]) => count > 0 && (name in inWords || /^(dropped|refused|failed)/i.test(name)),
  );
}

/** Says what was lost; empty for nothing. */
export function describeLosses(counters: Readonly<Record<string, number>>): string {
  return lossesIn(counters)
    .map(([name, count]) => `${count} ${inWords[name] ?? name}`)
    .join(', ');
}
