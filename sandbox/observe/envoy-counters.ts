/** What an Envoy has counted since it started. */
export interface EnvoyCounters {
  /** Requests taken by its listeners, each a SERVER span. */
  readonly requests: number;
  /** Requests that it chose to trace when no caller had decided. */
  readonly traced: number;
  /** Requests sent to an upstream, retries included, each a CLIENT span. */
  readonly attempts: number;
  /** Spans put into reports, whatever became of the reports. */
  readonly spansSent: number;
  readonly reports: ReportCounters;
  /** Reports that wait for the collector's answer now, or to be sent again. */
  readonly reportsUnderWay: number;
  readonly collector: CollectorTrouble;
}

/** An Envoy's reports (batches of spans) by what became of them. */
export interface ReportCounters {
  /** Answered with 202. */
  readonly sent: number;
  /** Answered with anything else, by the collector or by Envoy itself in its place. */
  readonly dropped: number;
  /** Never answered. */
  readonly failed: number;
  /** Not sent, for want of a collector cluster. */
  readonly skipped: number;
}

/** Why reports did not arrive, as the collector's cluster counts it. */
export interface CollectorTrouble {
  readonly timeouts: number;
  readonly connectFailures: number;
  /** Connections that the collector closed while a report was under way. */
  readonly closed: number;
  /** Reports beyond the bound of those that may wait. */
  readonly overflows: number;
  readonly refusals: number;
  /** Reports answered with a 5xx, by the collector or by Envoy in its place. */
  readonly failures: number;
}

const COLLECTOR_CLUSTER = 'zipkin';

/** The admin path whose answer `readEnvoyStats` reads: only the counters that it needs. */
export const envoyStatsPath = `/stats?filter=${encodeURIComponent(
  [
    String.raw`^tracing\.zipkin\.`,
    String.raw`^http\.[^.]+\.(downstream_rq_total|tracing\..*)$`,
    String.raw`^cluster\.[^.]+\.upstream_(rq_total|rq_active|rq_timeout|rq_pending_overflow|rq_4xx|rq_5xx|rq_retry_overflow|cx_connect_fail|cx_destroy_remote_with_active_rq)$`,
    String.raw`^cluster\.zipkin\.circuit_breakers\.default\.remaining_retries$`,
  ].join('|'),
)}`;

const mostRetriesLine = /^zipkin::default_priority::max_retries::(\d+)$/gm;

/**
 * @param text Envoy's `/stats`, one `name: value` a line, and its `/clusters`; a name that comes again, from another
 *   instance, is added up
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/stats
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/trace/v3/zipkin.proto
 */
export function readEnvoyStats(text: string): EnvoyCounters {
  const stats = new Map<string, number>();
  for (const [, name = '', value] of text.matchAll(/^(\S+): (\d+)$/gm)) {
    stats.set(name, (stats.get(name) ?? 0) + Number(value));
  }
  const get = (name: string): number => stats.get(name) ?? 0;
  const sum = (matches: (name: string) => boolean): number =>
    [...stats].reduce((total, [name, value]) => (matches(name) ? total + value : total), 0);
  const ofCollector = (name: string): number => get(`cluster.${COLLECTOR_CLUSTER}.upstream_${name}`);
  const ofTracing = (name: string): number => get(`tracing.zipkin.${name}`);
  const mostRetries = [...text.matchAll(mostRetriesLine)].reduce((total, [, most]) => total + Number(most), 0);
  const retriesLeft = stats.get(`cluster.${COLLECTOR_CLUSTER}.circuit_breakers.default.remaining_retries`);
  return {
    requests: sum((name) => /^http\.(?!admin\.|reports\.)[^.]+\.downstream_rq_total$/.test(name)),
    traced: sum((name) => /^http\.[^.]+\.tracing\.(random_sampling|service_forced|client_enabled)$/.test(name)),
    attempts: sum((name) => /^cluster\.[^.]+\.upstream_rq_total$/.test(name)) - ofCollector('rq_total'),
    spansSent: ofTracing('spans_sent'),
    reports: {
      sent: ofTracing('reports_sent'),
      dropped: ofTracing('reports_dropped'),
      failed: ofTracing('reports_failed'),
      skipped: ofTracing('reports_skipped_no_cluster'),
    },
    reportsUnderWay: ofCollector('rq_active') + (retriesLeft === undefined ? 0 : mostRetries - retriesLeft),
    collector: {
      timeouts: ofCollector('rq_timeout'),
      connectFailures: ofCollector('cx_connect_fail'),
      closed: ofCollector('cx_destroy_remote_with_active_rq'),
      overflows: ofCollector('rq_pending_overflow') + ofCollector('rq_retry_overflow'),
      refusals: ofCollector('rq_4xx'),
      failures: ofCollector('rq_5xx'),
    },
  };
}

/**
 * @param text Envoy's `/server_info`, JSON; the gauge `server.uptime` is up to five seconds old, this is not
 * @returns seconds since it started
 */
export function readUptime(text: string): number {
  return Number.parseInt((JSON.parse(text) as { readonly uptime_current_epoch: string }).uptime_current_epoch, 10);
}

/** How an Envoy reports: most spans in one report, and the longest a span waits for its report in milliseconds. */
export interface ReportingSettings {
  readonly spansPerReport: number;
  readonly flushIntervalMs: number;
}

/**
 * @param text Envoy's `/runtime`, JSON
 * @returns the settings in force, Envoy's defaults where no layer sets them
 */
export function readReportingSettings(text: string): ReportingSettings {
  const { entries } = JSON.parse(text) as {
    readonly entries: Readonly<Record<string, { readonly final_value: string }>>;
  };
  const value = (name: string, fallback: number): number =>
    Number(entries[`tracing.zipkin.${name}`]?.final_value ?? fallback);
  return { spansPerReport: value('min_flush_spans', 5), flushIntervalMs: value('flush_interval_ms', 5000) };
}
