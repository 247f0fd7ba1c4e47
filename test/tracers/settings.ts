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
  spring: {
    name: `Micrometer and Brave, Spring Boot ${version(`${examples}/spring-boot/pom.xml`, /<version>(?<version>[^<]+)/)}`,
    example: 'spring-boot',
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

/** The rows of the first table of docs/tracers.md. */
export const settings: readonly Setting[] = [
  ...inEach(tracers.shipped),
  ...inEach(tracers.js, b3multi, { OTEL_PROPAGATORS: 'b3' }),
  ...inEach(tracers.python, b3multi, { OTEL_PROPAGATORS: 'b3' }),
  ...inEach(tracers.go, b3multi, { OTEL_PROPAGATORS: 'b3' }),
  ...inEach(tracers.spring, { [brave]: 'b3_multi' }, { [brave]: 'b3' }),
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

/** The rows of the second table. */
export const faults: readonly Fault[] = [
  {
    title: 'no service name',
    tracer: tracers.js,
    service: 'service1',
    set: { OTEL_SERVICE_NAME: '' },
    cause: 'wrong-service-name',
  },
  {
    title: 'no service name',
    tracer: tracers.python,
    service: 'service2',
    set: { OTEL_SERVICE_NAME: '' },
    cause: 'wrong-service-name',
  },
  {
    title: 'the default exporter, OTLP, without a receiver',
    tracer: tracers.js,
    service: 'service1',
    set: { OTEL_TRACES_EXPORTER: '' },
    cause: 'not-reported',
  },
  {
    title: 'the exporter has a wrong address',
    tracer: tracers.go,
    service: 'service1',
    set: { OTEL_EXPORTER_ZIPKIN_ENDPOINT: nobody },
    cause: 'not-reported',
  },
  {
    title: 'the process ends before it exports',
    tracer: tracers.python,
    service: 'service1',
    set: { OTEL_BSP_SCHEDULE_DELAY: '3600000' },
    cause: 'not-reported',
  },
  {
    title: 'the HTTP client is not instrumented',
    tracer: tracers.python,
    service: 'service1',
    set: { OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'requests' },
    cause: 'context-dropped',
  },
  {
    title: 'a propagator that Envoy does not know',
    tracer: tracers.js,
    service: 'service1',
    set: { OTEL_PROPAGATORS: 'jaeger' },
    cause: 'context-ignored',
  },
  {
    title: 'a propagator that Envoy does not know',
    tracer: tracers.go,
    service: 'service2',
    set: { OTEL_PROPAGATORS: 'jaeger' },
    cause: 'context-ignored',
  },
  {
    title: 'its own sampler',
    tracer: tracers.js,
    service: 'service1',
    set: { OTEL_TRACES_SAMPLER: 'always_off' },
    cause: 'decision-changed',
  },
  {
    title: 'headers that are not forwarded',
    tracer: tracers.stdlib,
    service: 'service1',
    set: { FORWARD: 'none' },
    cause: 'context-dropped',
  },
  {
    title: 'headers that are not read',
    tracer: tracers.stdlib,
    service: 'service2',
    set: { FORWARD: 'none' },
    cause: 'context-ignored',
  },
];
