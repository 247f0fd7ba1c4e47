/** A wrong or missing environment variable; its message is one line that names each of them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** How the span reporter bounds what it keeps and how it sends: milliseconds, spans, bytes. */
export interface ReporterConfig {
  readonly endpoint: URL;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly maxSpans: number;
  readonly maxBytes: number;
  readonly batchSpans: number;
  /** Where the process runs as a pod: the pod's name, a tag of every span. */
  readonly podName?: string | undefined;
}

/** What an app does about tracing. */
export type TracingMode = 'on' | 'headers' | 'off';

/** What one service process is told by its environment. */
export interface Config {
  readonly serviceName: string;
  readonly serviceNumber: number;
  /** The app's own name in Zipkin; its sidecar reports as `serviceName`. */
  readonly appName: string;
  readonly host: string;
  readonly port: number;
  readonly nextHop: { readonly url: URL; readonly timeoutMs: number } | undefined;
  readonly shutdownTimeoutMs: number;
  readonly logTraceHeaders: boolean;
  /** `headers`: carries the trace context on as it came, with no span of its own. `off`: does not even do that. */
  readonly tracing: TracingMode;
  readonly reporter: ReporterConfig;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const shown = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);

/**
 * Reads the service's configuration from its environment.
 *
 * @param env environment variables; an empty one counts as absent
 * @returns the typed configuration, defaults filled in
 * @throws ConfigError naming every wrong variable, what was seen and what is expected
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const wrong: string[] = [];

  function text(name: string, fallback: string, pattern: RegExp, expected: string): string {
    const value = env[name] || fallback;
    if (!pattern.test(value)) wrong.push(`${name} is ${value === '' ? 'missing' : shown(value)}: expected ${expected}`);
    return value;
  }

  function integer(name: string, fallback: number, least: number, most: number): number {
    const value = text(name, String(fallback), /^/, '');
    const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= least && number <= most)) {
      wrong.push(`${name} is ${shown(value)}: expected a whole number from ${least} to ${most}`);
    }
    return number;
  }

  function oneOf<Choice extends string>(name: string, fallback: Choice, choices: readonly Choice[]): Choice {
    const value = env[name] || fallback;
    const choice = choices.find((each) => each === value);
    if (choice === undefined) wrong.push(`${name} is ${shown(value)}: expected ${choices.join(' or ')}`);
    return choice ?? fallback;
  }

  function httpUrl(name: string, value: string, example: string): URL {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
    wrong.push(`${name} is ${shown(value)}: expected an http URL such as ${example}`);
    return new URL(example);
  }

  const serviceName = text('SERVICE_NAME', '', /^service[1-9]\d{0,3}$/, 'service1, service2, …');
  const nextHopUrl = env.NEXT_HOP_URL;
  const nextHopTimeoutMs = integer('NEXT_HOP_TIMEOUT_MS', 4000, 1, LONGEST_TIMER_MS);
  const zipkinUrl = httpUrl('ZIPKIN_URL', env.ZIPKIN_URL || 'http://zipkin:9411', 'http://zipkin:9411');

  const config: Config = {
    serviceName,
    serviceNumber: Number(serviceName.slice('service'.length)),
    appName: `${serviceName}-app`,
    host: text('HOST', '127.0.0.1', /^[\w.:-]+$/, 'an IP address or host name'),
    port: integer('PORT', 8080, 0, 65535),
    nextHop: nextHopUrl
      ? { url: httpUrl('NEXT_HOP_URL', nextHopUrl, 'http://127.0.0.1:9000/trace/2'), timeoutMs: nextHopTimeoutMs }
      : undefined,
    shutdownTimeoutMs: integer('SHUTDOWN_TIMEOUT_MS', 5000, 1, LONGEST_TIMER_MS),
    logTraceHeaders: oneOf('TRACE_LOG', 'none', ['none', 'headers']) === 'headers',
    tracing: oneOf('TRACING', 'on', ['on', 'headers', 'off']),
    reporter: {
      endpoint: new URL(`${zipkinUrl.pathname.replace(/\/$/, '')}/api/v2/spans`, zipkinUrl),
      intervalMs: integer('REPORTER_INTERVAL_MS', 200, 10, LONGEST_TIMER_MS),
      timeoutMs: integer('REPORTER_TIMEOUT_MS', 5000, 1, LONGEST_TIMER_MS),
      maxSpans: integer('REPORTER_MAX_SPANS', 20_000, 1, 10_000_000),
      maxBytes: integer('REPORTER_MAX_BYTES', 16 * 1024 * 1024, 1024, 2 ** 31),
      batchSpans: integer('REPORTER_BATCH_SPANS', 500, 1, 100_000),
      podName: env.POD_NAME || undefined,
    },
  };
  if (wrong.length > 0) throw new ConfigError(`wrong environment: ${wrong.join('; ')}`);
  return config;
}
