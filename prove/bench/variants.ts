import { availableParallelism } from 'node:os';
import { parseDocument, visit } from 'yaml';
import { defaultSpanLimit } from '../../sandbox/load/span-limit.js';
import { asShipped, type Changes } from '../control/native-control.js';

/** One set-up of the sandbox, to be compared with others. */
export interface Variant extends Changes {
  readonly name: string;
  readonly description: string;
  /** Whether a service of the shape reports its spans in this variant. */
  readonly reports: (service: string) => boolean;
  /** Whether each load gets a new Zipkin, because one Zipkin does not survive several loads. */
  readonly zipkinAnew: boolean;
}

const reporting = [
  'tracing.zipkin.min_flush_spans',
  'tracing.zipkin.flush_interval_ms',
  'tracing.zipkin.request_timeout',
];

/** @returns the configuration without any `tracing`; the rules for a caller's headers stay */
export function withoutTracing(configuration: string): string {
  const document = parseDocument(configuration);
  visit(document, { Pair: (_, { key }) => (String(key) === 'tracing' ? visit.REMOVE : undefined) });
  return document.toString();
}

/**
 * @param settings runtime keys of reporting with their values; undefined for Envoy's default
 * @returns the configuration with these settings in its static runtime layer
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

const shipped = { ...asShipped, reports: () => true, zipkinAnew: false };

/**
 * The settings of Zipkin's image and of its server if nobody changes them.
 *
 * @see https://github.com/openzipkin/zipkin/blob/master/docker/start-zipkin
 */
const zipkinDefault = {
  JAVA_OPTS: '-Xms160m -Xmx160m -XX:+ExitOnOutOfMemoryError',
  MEM_MAX_SPANS: String(defaultSpanLimit),
};

/** Tutorials let Envoy send JSON directly to Zipkin. */
const envoysDefault = (configuration: string): string =>
  withReporting(configuration, Object.fromEntries(reporting.map((key) => [key, undefined])))
    .replaceAll('collector_cluster: reports', 'collector_cluster: zipkin')
    .replaceAll('HTTP_PROTO', 'HTTP_JSON');

/** The variants of `npm run prove -- bench`, (a) first. `tutorialApp` is the compiled tutorial-app. */
export function benchVariants(tutorialApp: string): Variant[] {
  return [
    { ...shipped, name: 'a', description: 'as shipped' },
    {
      ...shipped,
      name: 'b',
      description: 'all tracing off',
      reports: () => false,
      envoy: withoutTracing,
      apps: { TRACING: 'off' },
    },
    {
      ...shipped,
      name: 'c',
      description: 'apps forward headers only',
      reports: (service) => !service.endsWith('-app'),
      apps: { TRACING: 'headers' },
    },
    {
      ...shipped,
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

const sweepOf = <Value>(values: readonly Value[], change: (value: Value) => Partial<Variant>) =>
  values.map((value) => ({ ...shipped, name: String(value), description: '', ...change(value) }));

const ofReporting = (setting: string, values: readonly number[]) =>
  sweepOf(values, (value) => ({
    envoy: (configuration) => withReporting(configuration, { [`tracing.zipkin.${setting}`]: value }),
  }));

/** The variants of `npm run prove -- bench --sweep`, by the name of the setting that they change. */
export const sweeps: Readonly<Record<string, readonly Variant[]>> = {
  min_flush_spans: ofReporting('min_flush_spans', [20, 40, 80, 160]),
  flush_interval_ms: ofReporting('flush_interval_ms', [50, 200, 500, 1000]),
  request_timeout: ofReporting('request_timeout', [5000, 30_000]),
  ENVOY_CONCURRENCY: sweepOf(['1', '2'], (workers) => ({ envoys: { ENVOY_CONCURRENCY: workers } })),
  JAVA_OPTS: sweepOf(
    ['-Xmx256m', '-Xmx256m -XX:+UseSerialGC', '-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1'],
    (options) => ({ zipkin: { JAVA_OPTS: options } }),
  ),
  NODE_OPTIONS: sweepOf(
    ['--no-warnings', '--max-semi-space-size=2', '--max-semi-space-size=32', '--single-threaded-gc'],
    (options) => ({ apps: { NODE_OPTIONS: options } }),
  ),
};
