import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenContainers } from '../../sandbox/doctor/compose-project.js';
import type { Facts, RequestFact } from '../../sandbox/doctor/facts.js';
import { examine } from '../../sandbox/doctor/rules.js';
import { readSampling } from '../../sandbox/doctor/sampling.js';
import type { Container } from '../../sandbox/topology/compose-project.js';
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

const nothing: Facts = { ...healthy, sandbox: undefined, ports: [], reporters: [], request: undefined };

const wrongs = (facts: Facts) =>
  examine(facts)
    .filter(({ verdict }) => verdict === 'wrong')
    .map(({ name, seen }) => `${name}: ${seen}`);

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

const withRequest = (change: Partial<RequestFact>): Facts => ({ ...healthy, request: { ...request, ...change } });
const diagnosed = (cause: RequestFact['diagnoses'][number]['cause']) =>
  withRequest({ diagnoses: [{ cause, hop: 'service1-app', text: 'service1-app did it' }] });

const cases: readonly (readonly [title: string, facts: Facts, wrong: readonly string[]])[] = [
  ['nothing runs', nothing, ['sandbox: no sandbox runs on port 8000']],
  [
    'it runs elsewhere',
    { ...nothing, otherFrontPorts: [8100] },
    ['sandbox: no sandbox runs on port 8000; one runs on 8100'],
  ],
  [
    'nothing runs and a port is taken',
    {
      ...nothing,
      ports: [{ name: 'Zipkin', service: 'zipkin', port: 9411, variable: 'ZIPKIN_PORT', error: 'is taken' }],
    },
    ['sandbox: no sandbox runs on port 8000', 'port 9411: is taken'],
  ],
  [
    'nothing runs and there is no Docker: that is no fault',
    { ...nothing, docker: { name: 'docker', error: 'docker is not installed' } },
    ['sandbox: no sandbox runs on port 8000'],
  ],
  [
    'a container has ended',
    { ...nothing, containers: [{ name: 'zipkin', error: 'its container is exited (code 143)' }] },
    ['sandbox: only a part of the Compose project runs', 'container zipkin: its container is exited (code 143)'],
  ],
  [
    'the container of a service that is asked has ended: told once',
    {
      ...healthy,
      containers: [{ name: 'service1', error: 'its container is exited (code 1)' }],
      reporters: healthy.reporters.map((each) => ({ ...each, error: 'did not answer' })),
      request: undefined,
    },
    ['container service1: its container is exited (code 1)'],
  ],
  [
    'Docker does not answer although the sandbox is in Compose',
    { ...healthy, docker: { name: 'docker', error: 'no Docker daemon answers' } },
    ['docker: no Docker daemon answers'],
  ],
  [
    'a published port does not answer',
    { ...healthy, ports: healthy.ports.map((port) => ({ ...port, error: 'ECONNREFUSED' })), request: undefined },
    ['port 9411: Zipkin: ECONNREFUSED'],
  ],
  [
    'an app is not ready; its reporter is not told of again',
    {
      ...healthy,
      reporters: healthy.reporters.map((each) =>
        each.part === 'app' ? { ...each, error: 'no answer in time' } : each,
      ),
      request: undefined,
    },
    ['service1: app: no answer in time'],
  ],
  [
    'Zipkin is not reached from a container',
    {
      ...healthy,
      reporters: healthy.reporters.map((each) =>
        each.to === 'zipkin' ? { ...each, unreached: 'ECONNREFUSED' } : each,
      ),
    },
    ['service1 to zipkin: zipkin:9411: ECONNREFUSED'],
  ],
  [
    'sampling is off',
    { ...healthy, frontRuntime: { 'tracing.random_sampling': '0' } },
    ['sampling: no request is traced unless it asks for it'],
  ],
  ['a low rate is no fault', { ...healthy, frontRuntime: { 'tracing.random_sampling': '1' } }, []],
  ['no request id', withRequest({ requestId: undefined }), ['request id: it is missing']],
  ['a request id that is no UUID', withRequest({ requestId: '42' }), ['request id: it is 42']],
  [
    'another request id at a later hop',
    withRequest({
      spans: [
        ...spans,
        {
          traceId: 'a',
          id: 'c',
          timestamp: 1_000_003_000,
          localEndpoint: { serviceName: 'service2' },
          tags: { 'guid:x-request-id': 'other' },
        },
      ],
    }),
    ['request id: service2 got another one: the app before it did not forward x-request-id'],
  ],
  ['B3 was not forwarded', diagnosed('context-dropped'), ['b3 headers: service1-app did it']],
  ['a clock is off, as seen in the trace', diagnosed('clock-skew'), ['clocks: service1-app did it']],
  [
    'all clocks are behind',
    withRequest({ sentAt: sentAt + 5000 }),
    ["clocks: the spans are 4999 ms behind this machine's clock"],
  ],
  [
    'all clocks are ahead',
    withRequest({ sentAt: sentAt - 5000 }),
    ["clocks: the spans are 4993 ms ahead of this machine's clock"],
  ],
  [
    'the front did not answer',
    { ...healthy, request: undefined, requestError: 'it did not answer' },
    ['b3 headers: it did not answer'],
  ],
];

for (const [title, facts, wrong] of cases) {
  test(title, () => {
    assert.deepEqual(wrongs(facts), wrong);
    for (const { verdict, advice } of examine(facts)) assert.equal(advice !== undefined, verdict === 'wrong');
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
