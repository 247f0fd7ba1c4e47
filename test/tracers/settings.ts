import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../sandbox/cli/project.js';

type Variables = Readonly<Record<string, string>>;

/** A tracer of docs/examples/. */
interface Tracer {
  /** The name with the version. */
  readonly name: string;
  /** The folder below docs/examples/; undefined for the sandbox's own app. */
  readonly example: string | undefined;
  /** The programs that must be installed here. */
  readonly runtimes: readonly string[];
}

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const version = (file: string, pattern: RegExp) => pattern.exec(read(file))?.groups?.version ?? '?';
const examples = 'docs/examples';

const tracers = {
  shipped: {
    name: `zipkin-js ${version('package-lock.json', /"node_modules\/zipkin": \{\s+"version": "(?<version>[^"]+)/)}, as shipped`,
    example: undefined,
    runtimes: [],
  },
  js: {
    name: `OpenTelemetry JS ${version(`${examples}/opentelemetry-js/package.json`, /sdk-node": "(?<version>[^"]+)/)}, Express`,
    example: 'opentelemetry-js',
    runtimes: ['npm'],
  },
  python: {
    name: `OpenTelemetry Python ${version(`${examples}/opentelemetry-python/requirements.in`, /-b3==(?<version>\S+)/)}, Flask`,
    example: 'opentelemetry-python',
    runtimes: ['python3'],
  },
  go: {
    name: `OpenTelemetry Go ${version(`${examples}/opentelemetry-go/go.mod`, /otel\/sdk v(?<version>\S+)/)}, net/http`,
    example: 'opentelemetry-go',
    runtimes: ['go'],
  },
  zipkinGo: {
    name: `zipkin-go ${version(`${examples}/zipkin-go/go.mod`, /zipkin-go v(?<version>\S+)/)}, net/http`,
    example: 'zipkin-go',
    runtimes: ['go'],
  },
  spring: {
    name: `Micrometer and Brave, Spring Boot ${version(`${examples}/spring-boot/pom.xml`, /<version>(?<version>[^<]+)/)}`,
    example: 'spring-boot',
    runtimes: ['mvn', 'java'],
  },
  brave: {
    name: `Brave ${version(`${examples}/brave/pom.xml`, /<brave.version>(?<version>[^<]+)/)}, Jetty`,
    example: 'brave',
    runtimes: ['mvn', 'java'],
  },
  carried: { name: 'headers forwarded by hand', example: 'by-hand/fetch_service.mjs', runtimes: [] },
  express: { name: 'B3 by hand, Express', example: 'by-hand/express_service.mjs', runtimes: [] },
  stdlib: { name: 'B3 by hand, Python', example: 'by-hand/python_service.py', runtimes: ['python3'] },
} as const satisfies Record<string, Tracer>;

/** A tracer in both places, with one set of settings. */
export interface Setting {
  readonly tracer: Tracer;
  /** The variables beside those that its example sets itself. */
  readonly set: Variables;
}

const inEach = (tracer: Tracer, ...sets: readonly Variables[]) => [{}, ...sets].map((set) => ({ tracer, set }));
const b3multi = { OTEL_PROPAGATORS: 'b3multi' };
const brave = 'MANAGEMENT_TRACING_PROPAGATION_PRODUCE';
/** What Brave is told by it; Micrometer's bridge never asks Brave to join a span. */
const joining = {
  MANAGEMENT_TRACING_PROPAGATION_TYPE: 'b3_multi',
  MANAGEMENT_BRAVE_TRACING_SPANJOININGSUPPORTED: 'true',
};

/** The rows of the first table of docs/tracers.md. */
export const settings: readonly Setting[] = [
  ...inEach(tracers.shipped),
  ...inEach(tracers.js, b3multi, { OTEL_PROPAGATORS: 'b3' }),
  ...inEach(tracers.python, b3multi, { OTEL_PROPAGATORS: 'b3' }),
  ...inEach(tracers.go, b3multi, { OTEL_PROPAGATORS: 'b3' }),
  ...inEach(tracers.zipkinGo),
  ...inEach(tracers.spring, { [brave]: 'b3_multi' }, { [brave]: 'b3' }, joining),
  ...inEach(tracers.brave),
  ...inEach(tracers.carried),
  ...inEach(tracers.express),
  ...inEach(tracers.stdlib),
];

/** A tracer in one place, with a wrong setting or its default. */
export interface Fault extends Setting {
  readonly title: string;
  readonly service: 'service1' | 'service2';
  /** What verify must find there. */
  readonly cause: string;
}

const nobody = 'http://127.0.0.1:9/api/v2/spans';
const otlp = { OTEL_TRACES_EXPORTER: '' };
const noClient = { OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'requests' };
const { js, python, go, stdlib } = tracers;

type Row = readonly [Fault['title'], Tracer, Fault['service'], Variables, Fault['cause']];
const rows: readonly Row[] = [
  ['no service name', js, 'service1', { OTEL_SERVICE_NAME: '' }, 'wrong-service-name'],
  ['no service name', python, 'service2', { OTEL_SERVICE_NAME: '' }, 'wrong-service-name'],
  ['the default exporter, OTLP, without a receiver', js, 'service1', otlp, 'not-reported'],
  ['the exporter has a wrong address', go, 'service1', { OTEL_EXPORTER_ZIPKIN_ENDPOINT: nobody }, 'not-reported'],
  ['the process ends before it exports', python, 'service1', { OTEL_BSP_SCHEDULE_DELAY: '3600000' }, 'not-reported'],
  ['the HTTP client is not instrumented', python, 'service1', noClient, 'context-dropped'],
  ['no propagator', js, 'service1', { OTEL_PROPAGATORS: 'none' }, 'context-ignored'],
  ['a propagator that Envoy does not know', go, 'service2', { OTEL_PROPAGATORS: 'jaeger' }, 'context-ignored'],
  ['its own sampler', js, 'service1', { OTEL_TRACES_SAMPLER: 'always_off' }, 'decision-changed'],
  ['headers that are not forwarded', stdlib, 'service1', { FORWARD: 'none' }, 'context-dropped'],
  ['headers that are not read', stdlib, 'service2', { FORWARD: 'none' }, 'context-ignored'],
];

/** The rows of the second table. */
export const faults: readonly Fault[] = rows.map(([title, tracer, service, set, cause]) => {
  return { title, tracer, service, set, cause };
});
