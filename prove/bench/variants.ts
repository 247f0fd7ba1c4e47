import { availableParallelism } from 'node:os';
import { parseDocument, visit } from 'yaml';
import { defaultSpanLimit } from '../../sandbox/load/span-limit.js';

/** One way to set the sandbox up, to be compared with others. */
export interface Variant {
  readonly name: string;
  readonly description: string;
  /** Who reports spans: of each request that the shape has, which services' are expected. */
  readonly reports: (service: string) => boolean;
  /** Changes an Envoy configuration, YAML to YAML. */
  readonly envoy: (configuration: string) => string;
  /** Environment of the services with an app. */
  readonly apps: Readonly<Record<string, string>>;
  /** Environment of all services with an Envoy. */
  readonly envoys: Readonly<Record<string, string>>;
  /** For Zipkin; JAVA_OPTS and MEM_MAX_SPANS among them. */
  readonly zipkin: Readonly<Record<string, string>>;
  /** Whether each load gets a new Zipkin, because one does not outlive several. */
  readonly zipkinAnew: boolean;
}

const reporting = [
  'tracing.zipkin.min_flush_spans',
  'tracing.zipkin.flush_interval_ms',
  'tracing.zipkin.request_timeout',
];

/** @returns the configuration without any `tracing`; the rules for headers from outside stay */
export function withoutTracing(configuration: string): string {
  const document = parseDocument(configuration);
  visit(document, { Pair: (_, { key }) => (String(key) === 'tracing' ? visit.REMOVE : undefined) });
  return document.toString();
}

/**
 * @param settings runtime keys of reporting with their values, undefined for Envoy's default
 * @returns the configuration with these in its static runtime layer
 */
export function withReporting(configuration: string, settings: Readonly<Record<string, number | undefined>>): string {
  const document = parseDocument(configuration);
  visit(document, {
    Pair(_, pair) {
      const key = String(pair.key);
      if (!(key in settings)) return undefined;
      if (settings[key] === undefined) return visit.REMOVE;
      pair.value = document.createNode(settings[key]);
      return undefined;
    },
  });
  return document.toString();
}

const asShipped = {
  reports: () => true,
  envoy: (configuration: string) => configuration,
  apps: {},
  envoys: {},
  zipkin: {},
  zipkinAnew: false,
};

/**
 * What Zipkin's image sets where nobody does, and what its server does.
 *
 * @see https://github.com/openzipkin/zipkin/blob/master/docker/start-zipkin
 */
const zipkinDefault = {
  JAVA_OPTS: '-Xms160m -Xmx160m -XX:+ExitOnOutOfMemoryError',
  MEM_MAX_SPANS: String(defaultSpanLimit),
};

const envoysDefault = (configuration: string): string =>
  withReporting(configuration, Object.fromEntries(reporting.map((key) => [key, undefined])));

/** What `npm run prove -- bench` compares, (a) first; `tutorialApp` is the compiled tutorial-app. */
export function benchVariants(tutorialApp: string): Variant[] {
  return [
    { ...asShipped, name: 'a', description: 'as shipped' },
    {
      ...asShipped,
      name: 'b',
      description: 'all tracing off',
      reports: () => false,
      envoy: withoutTracing,
      apps: { TRACING: 'off' },
    },
    {
      ...asShipped,
      name: 'c',
      description: 'apps forward headers only',
      reports: (service) => !service.endsWith('-app'),
      apps: { TRACING: 'headers' },
    },
    {
      ...asShipped,
      name: 'd',
      description:
        "a tutorial's: defaults of Envoy's reporting and workers, of Zipkin's image, zipkin-context-cls, HttpLogger",
      envoy: envoysDefault,
      envoys: { ENVOY_CONCURRENCY: String(availableParallelism()) },
      apps: { APP_MAIN: tutorialApp },
      zipkin: zipkinDefault,
      zipkinAnew: true,
    },
  ];
}

function sweepOf<Value>(values: readonly Value[], change: (value: Value) => Partial<Variant>): Variant[] {
  return values.map((value) => ({ ...asShipped, name: String(value), description: '', ...change(value) }));
}

/** What `npm run prove -- bench --sweep` tries, one setting at a time, by the setting's name. */
export const sweeps: Readonly<Record<string, () => Variant[]>> = {
  min_flush_spans: () =>
    sweepOf([5, 10, 20, 40, 80], (spans) => ({
      envoy: (configuration) => withReporting(configuration, { 'tracing.zipkin.min_flush_spans': spans }),
    })),
  flush_interval_ms: () =>
    sweepOf([50, 200, 500, 1000], (milliseconds) => ({
      envoy: (configuration) => withReporting(configuration, { 'tracing.zipkin.flush_interval_ms': milliseconds }),
    })),
  ENVOY_CONCURRENCY: () => sweepOf(['1', '2'], (workers) => ({ envoys: { ENVOY_CONCURRENCY: workers } })),
  JAVA_OPTS: () =>
    sweepOf(
      ['-Xmx160m', '-Xmx160m -XX:+UseSerialGC', '-Xmx160m -XX:+UseSerialGC -XX:TieredStopAtLevel=1'],
      (options) => ({ zipkin: { JAVA_OPTS: options } }),
    ),
  request_timeout: () =>
    sweepOf([5000, 30_000], (milliseconds) => ({
      envoy: (configuration) => withReporting(configuration, { 'tracing.zipkin.request_timeout': milliseconds }),
    })),
  NODE_OPTIONS: () =>
    sweepOf(
      ['--no-warnings', '--max-semi-space-size=2', '--max-semi-space-size=32', '--single-threaded-gc'],
      (options) => ({
        apps: { NODE_OPTIONS: options },
      }),
    ),
};
