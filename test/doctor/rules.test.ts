import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenContainers } from '../../sandbox/doctor/compose-project.js';
import type { Facts, ReporterFact, RequestFact } from '../../sandbox/doctor/facts.js';
import { examine } from '../../sandbox/doctor/rules.js';
import { readSampling } from '../../sandbox/doctor/sampling.js';
import type { Container } from '../../sandbox/topology/compose-project.js';
import type { Reporter } from '../../sandbox/topology/mesh-service.js';
import type { Span } from '../../sandbox/trace/span.js';

const id = '0d3a1a2b-0000-4000-8000-00000000000a';
const sentAt = 1_000_000;
const spans: Span[] = [
  { traceId: 'a', id: 'a', timestamp: 1_000_001_000, tags: { 'guid:x-request-id': id } },
  { traceId: 'a', id: 'b', timestamp: 1_000_002_000, localEndpoint: { serviceName: 'service1-app' } },
];
const request: RequestFact = {
  path: '/trace/1',
  status: 200,
  requestId: id,
  traceId: 'a',
  sentAt,
  tookMs: 9,
  spans,
  diagnoses: [],
  notes: [],
};

const healthy: Facts = {
  sandbox: { mode: 'compose', frontUrl: 'http://127.0.0.1:8000' },
  frontPort: 8000,
  otherFrontPorts: [],
  docker: { name: 'docker' },
  containers: [],
  ports: [{ name: 'Zipkin', service: 'zipkin', port: 9411, variable: 'ZIPKIN_PORT' }],
  reporters: [
    { name: 'service1', service: 'service1', part: 'admin', to: 'zipkin', collector: 'zipkin:9411' },
    { name: 'service1-app', service: 'service1', part: 'app', to: 'its sidecar', collector: '127.0.0.1:9411' },
  ],
  frontRuntime: {},
  request,
  requestError: undefined,
};

test('a healthy sandbox: every line is right', () => {
  assert.deepEqual(
    examine(healthy).map(({ name, verdict }) => `${verdict} ${name}`),
    [
      'ok sandbox',
      'ok docker',
      'ok port 9411',
      'ok service1',
      'ok service1 to zipkin',
      'ok service1-app to its sidecar',
      'ok sampling',
      'ok request id',
      'ok b3 headers',
      'ok clocks',
    ],
  );
});

const down = { sandbox: undefined, ports: [], reporters: [], request: undefined };
const failing = (part: Reporter['part'], change: Partial<ReporterFact>) => ({
  reporters: healthy.reporters.map((each) => (each.part === part ? { ...each, ...change } : each)),
});
const zipkinPort = { name: 'Zipkin', service: 'zipkin', port: 9411, variable: 'ZIPKIN_PORT' };
const ended = { name: 'service1', error: 'its container is exited (code 1)' };
const withRequest = (change: Partial<RequestFact>) => ({ request: { ...request, ...change } });
const diagnosed = (cause: RequestFact['diagnoses'][number]['cause']) =>
  withRequest({ diagnoses: [{ cause, hop: 'service1-app', text: 'service1-app did it' }] });
const otherId = { traceId: 'a', id: 'c', timestamp: 1_000_003_000, tags: { 'guid:x-request-id': 'other' } };

/** What is other than in a healthy sandbox, and the lines that are wrong then. */
const cases: readonly (readonly [change: Partial<Facts>, ...wrong: string[]])[] = [
  [down, 'sandbox: no sandbox runs on port 8000'],
  [{ ...down, otherFrontPorts: [8100] }, 'sandbox: no sandbox runs on port 8000; one runs on 8100'],
  [
    { ...down, ports: [{ ...zipkinPort, error: 'is taken' }] },
    'sandbox: no sandbox runs on port 8000',
    'port 9411: is taken',
  ],
  [{ ...down, docker: { name: 'docker', error: 'is not installed' } }, 'sandbox: no sandbox runs on port 8000'],
  [
    { ...down, containers: [ended] },
    'sandbox: only a part of the Compose project runs',
    'container service1: its container is exited (code 1)',
  ],
  [
    { containers: [ended], ...failing('app', { error: 'did not answer' }), request: undefined },
    'container service1: its container is exited (code 1)',
  ],
  [{ docker: { name: 'docker', error: 'no Docker daemon answers' } }, 'docker: no Docker daemon answers'],
  [{ ports: [{ ...zipkinPort, error: 'ECONNREFUSED' }], request: undefined }, 'port 9411: Zipkin: ECONNREFUSED'],
  [{ ...failing('app', { error: 'no answer in time' }), request: undefined }, 'service1: app: no answer in time'],
  [failing('admin', { unreached: 'ECONNREFUSED' }), 'service1 to zipkin: zipkin:9411: ECONNREFUSED'],
  [failing('app', { unreached: 'HTTP 503' }), 'service1-app to its sidecar: 127.0.0.1:9411: HTTP 503'],
  [{ frontRuntime: { 'tracing.random_sampling': '0' } }, 'sampling: no request is traced unless it asks for it'],
  [{ frontRuntime: { 'tracing.random_sampling': '1' } }],
  [withRequest({ requestId: undefined }), 'request id: it is missing'],
  [withRequest({ requestId: '42' }), 'request id: it is 42'],
  [
    withRequest({ spans: [...spans, { ...otherId, localEndpoint: { serviceName: 'service2' } }] }),
    'request id: service2 got another one: the app before it did not forward x-request-id',
  ],
  [diagnosed('context-dropped'), 'b3 headers: service1-app did it'],
  [diagnosed('clock-skew'), 'clocks: service1-app did it'],
  [withRequest({ sentAt: sentAt + 5000 }), "clocks: the spans are 4999 ms behind this machine's clock"],
  [withRequest({ sentAt: sentAt - 5000 }), "clocks: the spans are 4993 ms ahead of this machine's clock"],
  [{ request: undefined, requestError: 'it did not answer' }, 'b3 headers: it did not answer'],
];

for (const [change, ...wrong] of cases) {
  test(wrong.join(' | ') || `nothing is wrong: ${JSON.stringify(change)}`, () => {
    const checks = examine({ ...healthy, ...change });
    const seen = checks.flatMap(({ name, verdict, seen }) => (verdict === 'wrong' ? `${name}: ${seen}` : []));
    assert.deepEqual(seen, wrong);
    for (const { verdict, advice } of checks) assert.equal(advice !== undefined, verdict === 'wrong');
  });
}

const printed =
  'goo.gle/debugstr    \nfields { key: "denominator" value { string_value: "TEN_THOUSAND" } }\n' +
  'fields { key: "numerator" value { number_value: 1250 } }';

for (const [runtime, percent] of [
  [{}, 100],
  [{ 'tracing.random_sampling': '' }, 100],
  [{ 'tracing.random_sampling': '25' }, 25],
  [{ 'tracing.random_sampling': printed }, 12.5],
  [{ 'tracing.random_sampling': '50', 'tracing.global_enabled': '0' }, 0],
] as const) {
  test(`sampling ${JSON.stringify(runtime).slice(0, 60)}: ${percent} %`, () =>
    assert.equal(readSampling(runtime), percent));
}

const container = (service: string, status: string, more: Partial<Container> = {}): Container => ({
  service,
  status,
  health: undefined,
  exitCode: 0,
  refused: '',
  name: '',
  isOwn: false,
  published: new Map(),
  ...more,
});

test('containers: why each does not run; those that only wait come last', () => {
  const containers = [
    container('service1', 'created'),
    container('service2', 'running', { health: 'healthy' }),
    container('zipkin', 'running', { health: 'unhealthy' }),
    container('front-envoy', 'exited', { exitCode: 143 }),
    container('other', 'created', { refused: 'no such sysctl' }),
  ];
  assert.deepEqual(brokenContainers(containers), [
    { name: 'zipkin', error: 'its container is unhealthy' },
    { name: 'front-envoy', error: 'its container is exited (code 143)' },
    { name: 'other', error: 'Docker refuses to start it: no such sysctl' },
    { name: 'service1', error: 'was not started: it waits for another container' },
  ]);
});
