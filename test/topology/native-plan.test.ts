import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { root } from '../../sandbox/cli/project.js';
import { envoyConfigurationOf, type NativeInput, planNative } from '../../sandbox/topology/native-plan.js';
import { readTopology } from '../../sandbox/topology/read-topology.js';

const names = ['Dockerfile-frontenvoy', 'Dockerfile-service', 'front-envoy-zipkin.yaml', 'service-envoy-zipkin.yaml'];
const texts = await Promise.all(names.map((name) => readFile(join(root, name), 'utf8')));
const files = new Map(names.map((name, index) => [name, texts[index] ?? '']));

const free = Array.from({ length: 16 }, (_, index) => 20_001 + index);

async function plan(more: Partial<NativeInput> = {}, environment: Record<string, string> = {}) {
  const services = await readTopology(root, { FRONT_PORT: '18000', ADMIN_PORT: '18001', ...environment });
  return planNative({
    root: '/project',
    runFolder: '/run',
    services,
    files,
    envoyBinary: '/cache/envoy',
    zipkinFolder: '/cache/zipkin',
    zipkinUrl: undefined,
    freePorts: free,
    ...more,
  });
}
type Plan = Awaited<ReturnType<typeof plan>>;

/** Every `socket_address` of a service's Envoy configuration as host:port, by its listener or cluster. */
function addressesIn({ configurations }: Plan, service: string): Record<string, string> {
  interface Socket {
    readonly socket_address?: { readonly address: string; readonly port_value: number };
  }
  const { admin, static_resources } = parse(configurations.get(`/run/${service}.yaml`) ?? '') as {
    admin: { address: Socket };
    static_resources: {
      listeners: { name: string; address: Socket }[];
      clusters: {
        name: string;
        load_assignment: { endpoints: { lb_endpoints: { endpoint: { address: Socket } }[] }[] };
      }[];
    };
  };
  const text = ({ socket_address: at }: Socket) => (at ? `${at.address}:${at.port_value}` : 'internal');
  return {
    admin: text(admin.address),
    ...Object.fromEntries(static_resources.listeners.map(({ name, address }) => [`listener ${name}`, text(address)])),
    ...Object.fromEntries(
      static_resources.clusters.map(({ name, load_assignment: { endpoints } }) => [
        `cluster ${name}`,
        endpoints.flatMap((each) => each.lb_endpoints.map(({ endpoint }) => text(endpoint.address))).join(),
      ]),
    ),
  };
}

const hostOf = (url: string | undefined) => new URL(url ?? '').host;
const environmentOf = ({ processes }: Plan, service: string) =>
  processes.find(({ name }) => name === service)?.environment ?? {};

test("processes are docker-compose.yml's services, in its order", async () => {
  const { processes } = await plan();
  assert.deepEqual(
    processes.map(({ name, command, args }) => [name, command, args.find((each) => each.startsWith('/'))]),
    [
      ['front-envoy', 'bash', '/project/services/start-service'],
      ['service1', 'bash', '/project/services/start-service'],
      ['service2', 'bash', '/project/services/start-service'],
      ['zipkin', 'java', undefined],
    ],
  );
});

test('everything that depends on a service ends before it', async () => {
  assert.deepEqual((await plan()).stopOrder, [['front-envoy'], ['service1', 'service2'], ['zipkin']]);
  const services = (await readTopology(root, {})).map((each) => ({ ...each, dependsOn: ['zipkin'] }));
  await assert.rejects(plan({ services }), /is circular/);
});

test('published ports are those of the variables; every inner address is on loopback with its own free port', async () => {
  const made = await plan();
  assert.deepEqual([made.frontUrl, made.adminUrl, made.zipkinUrl].map(hostOf), [
    '127.0.0.1:18000',
    '127.0.0.1:18001',
    '127.0.0.1:9411',
  ]);
  const listening = [
    ...['front-envoy', 'service1', 'service2'].flatMap((service) =>
      Object.entries(addressesIn(made, service)).flatMap(([name, at]) => (/^cluster/.test(name) ? [] : [at])),
    ),
    hostOf(made.addresses.service1?.app),
    hostOf(made.addresses.service2?.app),
  ];
  assert.equal(new Set(listening).size, listening.length);
  const inner = listening.filter((at) => !['127.0.0.1:18000', '127.0.0.1:18001'].includes(at));
  for (const at of inner) {
    assert.match(at, /^127\.0\.0\.1:/);
    assert.ok(free.includes(Number(at.split(':')[1])), at);
  }
});

test('the calls are the same: each cluster leads to the listener that its name means', async () => {
  const made = await plan();
  const { service1, service2 } = made.addresses;
  const front = addressesIn(made, 'front-envoy');
  assert.equal(front['cluster service1'], hostOf(service1?.ingress));
  assert.equal(front['cluster service2'], hostOf(service2?.ingress));
  assert.equal(front['listener edge'], hostOf(made.frontUrl));
  assert.equal(front.admin, hostOf(made.adminUrl));
  for (const service of ['service1', 'service2']) {
    const own = addressesIn(made, service);
    assert.equal(own['listener ingress'], hostOf(made.addresses[service]?.ingress));
    assert.equal(own['cluster app'], hostOf(made.addresses[service]?.app));
    assert.equal(own['cluster service2'], hostOf(service2?.ingress));
    assert.equal(own.admin, hostOf(made.addresses[service]?.admin));
  }
  for (const service of ['front-envoy', 'service1', 'service2']) {
    assert.equal(addressesIn(made, service)['cluster zipkin'], `${hostOf(made.zipkinUrl)},127.0.0.1:1`);
  }
});

test("an app's environment is that of the Compose file with real addresses, and on loopback whatever the shell has", async () => {
  const made = await plan();
  const { 'listener egress': egress, 'listener reports': reports } = addressesIn(made, 'service1');
  assert.deepEqual(environmentOf(made, 'service1'), {
    SERVICE_NAME: 'service1',
    ZIPKIN_URL: `http://${reports}`,
    NEXT_HOP_URL: `http://${egress}/trace/2`,
    APP_MAIN: '/project/dist/services/main.js',
    HOST: '127.0.0.1',
    PORT: new URL(made.addresses.service1?.app ?? '').port,
    NODE_ENV: 'production',
    TMPDIR: '/run',
    ENVOY_BIN: '/cache/envoy',
    ENVOY_CONFIG: '/run/service1.yaml',
  });
  assert.equal(environmentOf(made, 'service2').NEXT_HOP_URL, undefined);
  assert.equal(environmentOf(made, 'front-envoy').APP_MAIN, undefined);
});

test('Zipkin listens on its published address only, with the options of the Compose file', async () => {
  const { processes } = await plan({}, { ZIPKIN_PORT: '19411', ZIPKIN_BIND: '127.0.0.2' });
  const zipkin = processes.find(({ name }) => name === 'zipkin');
  const args = zipkin?.args.join(' ') ?? '';
  assert.match(args, /--armeria\.ports\[0\]\.ip=127\.0\.0\.2 --armeria\.ports\[0\]\.port=19411/);
  for (const option of zipkin?.environment.JAVA_OPTS?.split(' ') ?? []) assert.ok(args.includes(option), option);
  assert.equal(zipkin?.workingFolder, '/cache/zipkin');
  assert.deepEqual(zipkin?.readyUrls, ['http://127.0.0.2:19411/health']);
});

test('with another Zipkin none is started or published, and all report to it', async () => {
  const made = await plan({ zipkinFolder: undefined, zipkinUrl: 'http://zipkin.example:9999' });
  assert.deepEqual(
    made.processes.map(({ name }) => name),
    ['front-envoy', 'service1', 'service2'],
  );
  assert.deepEqual(
    made.published.map(({ variable }) => variable),
    ['FRONT_PORT', 'ADMIN_PORT'],
  );
  assert.equal(made.zipkinUrl, 'http://zipkin.example:9999');
  for (const service of ['front-envoy', 'service1', 'service2']) {
    assert.equal(addressesIn(made, service)['cluster zipkin'], 'zipkin.example:9999,127.0.0.1:1');
  }
});

test('another Zipkin without a port is on port 80', async () => {
  const made = await plan({ zipkinFolder: undefined, zipkinUrl: 'http://zipkin.example' });
  assert.equal(addressesIn(made, 'service1')['cluster zipkin'], 'zipkin.example:80,127.0.0.1:1');
});

test("a process is ready when Envoy's admin interface and the app's health answer", async () => {
  const { processes, addresses, adminUrl } = await plan();
  const { admin, app } = addresses.service1 ?? {};
  assert.deepEqual(
    processes.slice(0, 2).map(({ readyUrls }) => readyUrls),
    [[`${adminUrl}/ready`], [`${admin}/ready`, `${app}/health`]],
  );
});

test('an override reaches its service and no other', async () => {
  const made = await plan({ overrides: { service2: { APP_RUNTIME: 'python3', HOST: '127.0.0.9' } } });
  assert.equal(environmentOf(made, 'service2').APP_RUNTIME, 'python3');
  assert.equal(environmentOf(made, 'service2').HOST, '127.0.0.9');
  assert.equal(environmentOf(made, 'service1').APP_RUNTIME, undefined);
});

test('a front proxy that is open to other machines binds there, and the commands call it on loopback', async () => {
  const made = await plan({}, { FRONT_BIND: '0.0.0.0' });
  assert.equal(addressesIn(made, 'front-envoy')['listener edge'], '0.0.0.0:18000');
  assert.equal(made.frontUrl, 'http://127.0.0.1:18000');
});

const wrongInputs: readonly (readonly [what: string, more: Partial<NativeInput>, says: RegExp])[] = [
  ['no port left', { freePorts: [20_001] }, /no free port was left for \S+:\d+$/],
  ['a file that was not read', { files: new Map([...files].slice(1)) }, /Dockerfile-frontenvoy was not read/],
];
for (const [what, more, says] of wrongInputs) {
  test(`${what} is named`, () => assert.rejects(plan(more), says));
}

test('a Dockerfile without an Envoy configuration is refused', () => {
  assert.throws(
    () => envoyConfigurationOf('FROM scratch\nCOPY a /b\n', '.'),
    /copies nothing to \/etc\/envoy\/envoy\.yaml/,
  );
});
