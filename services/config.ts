/**
 * How much tracing an app does. `on`: makes spans. `headers`: makes no span and forwards the trace context unchanged.
 * `off`: makes no span and forwards nothing.
 */
export type TracingMode = 'on' | 'headers' | 'off';

/** The settings of one service process, from its environment. */
export interface Config {
  readonly serviceNumber: number;
  /** The name of the app's spans in Zipkin. Its sidecar reports as SERVICE_NAME. */
  readonly appName: string;
  readonly host: string;
  readonly port: number;
  /** The URLs that the app calls in parallel before it answers. */
  readonly nextHops: readonly URL[];
  readonly nextHopTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly tracing: TracingMode;
  /** The URL to which the app posts its spans. */
  readonly reportsTo: URL;
  /** On Kubernetes, the name of the pod. Every span gets it as a tag. */
  readonly podName: string | undefined;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const shown = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);

/**
 * Reads the settings from an environment. An empty variable counts as absent.
 *
 * @throws an Error of one line that names every wrong variable
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

  function httpUrl(name: string, value: string, example: string): URL {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
    wrong.push(`${name} is ${shown(value)}: expected an http URL such as ${example}`);
    return new URL(example);
  }

  const serviceName = text('SERVICE_NAME', '', /^service[1-9]\d{0,3}$/, 'service1, service2, …');
  const nextHopUrls = (env.NEXT_HOP_URL ?? '').split(' ').filter((url) => url !== '');
  const zipkinUrl = httpUrl('ZIPKIN_URL', env.ZIPKIN_URL || 'http://zipkin:9411', 'http://zipkin:9411');

  const config: Config = {
    serviceNumber: Number(serviceName.slice('service'.length)),
    appName: `${serviceName}-app`,
    host: text('HOST', '127.0.0.1', /^[\w.:-]+$/, 'an IP address or host name'),
    port: integer('PORT', 8080, 0, 65535),
    nextHops: nextHopUrls.map((url) => httpUrl('NEXT_HOP_URL', url, 'http://127.0.0.1:9000/trace/2')),
    nextHopTimeoutMs: integer('NEXT_HOP_TIMEOUT_MS', 4000, 1, LONGEST_TIMER_MS),
    shutdownTimeoutMs: integer('SHUTDOWN_TIMEOUT_MS', 5000, 1, LONGEST_TIMER_MS),
    tracing: text('TRACING', 'on', /^(on|headers|off)$/, 'on or headers or off') as TracingMode,
    reportsTo: new URL(`${zipkinUrl.pathname.replace(/\/$/, '')}/api/v2/spans`, zipkinUrl),
    podName: env.POD_NAME || undefined,
  };
  if (wrong.length > 0) throw new Error(`wrong environment: ${wrong.join('; ')}`);
  return config;
}
