import assert from 'node:assert/strict';
import { test } from 'node:test';
import { root } from '../../sandbox/cli/project.js';
import { readEnvoyFile } from '../../sandbox/topology/envoy-file.js';
import { type NativeInput, planNative } from '../../sandbox/topology/native-plan.js';
import { readModel } from '../../sandbox/topology/read-model.js';

async function plan(more: Partial<NativeInput> = {}, environment: Record<string, string> = {}) {
  return planNative({
    root: '/project',
    runFolder: '/run',
    model: await readModel(root, { FRONT_PORT: '18000', ADMIN_PORT: '18001', ...environment }),
    envoyBinary: '/cache/envoy',
    zipkinFolder: '/cache/zipkin',
    zipkinUrl: undefined,
    shell: {},
    freePorts: Array.from({ length: 16 }, (_, index) => 20_001 + index),
    ...more,
  });
}
type Plan = Awaited<ReturnType<typeof plan>>;

const environmentOf = ({ processes }: Plan, service: string) =>
  processes.find(({ name }) => name === service)?.environment ?? {};

/** Every address in a service's Envoy configuration as host:port, by its listener or cluster. */
function addressesIn({ configurations }: Plan, service: string): Record<string, string> {
  const text = ({ host, port }: { host: string; port: number }) => `${host}:${port}`;
  const file = readEnvoyFile(configurations.get(`/run/${service}.yaml`) ?? '', service);
  return {
    ...Object.fromEntries(file.listeners.map((listener) => [`listener ${listener.name}`, text(listener)])),
    ...Object.fromEntries(
      [...file.clusters].map(([name, endpoints]) => [`cluster ${name}`, endpoints.map(text).join()]),
    ),
  };
}

test('everything that depends on a service ends before it', async () => {
  const made = await plan();
  assert.deepEqual(made.stopOrder, [['front-envoy'], ['service1', 'service2'], ['zipkin']]);
  const model = await readModel(root, {});
  const circle = model.composed.map((each) => ({ ...each, dependsOn: ['zipkin'] }));
  await assert.rejects(plan({ model: { ...model, composed: circle } }), /is circular/);
});

test('an override reaches its service and no other; one of your own apps has the shell too', async () => {
  const shell = { OTEL_TRACES_EXPORTER: 'zipkin', SERVICE_NAME: 'other' };
  const made = await plan({ shell, overrides: { service2: { APP_MAIN: '/app.py', HOST: '127.0.0.9' } } });
  const { APP_MAIN, HOST, OTEL_TRACES_EXPORTER, SERVICE_NAME } = environmentOf(made, 'service2');
  assert.deepEqual([APP_MAIN, HOST, OTEL_TRACES_EXPORTER], ['/app.py', '127.0.0.9', 'zipkin']);
  assert.equal(SERVICE_NAME, 'service2');
  assert.deepEqual(made.ownApps, ['service2']);
  assert.equal(environmentOf(made, 'service1').OTEL_TRACES_EXPORTER, undefined);
});

test('a front proxy that is open to other machines binds there, and the commands call it on loopback', async () => {
  const made = await plan({}, { FRONT_BIND: '0.0.0.0' });
  assert.equal(addressesIn(made, 'front-envoy')['listener edge'], '0.0.0.0:18000');
  assert.equal(made.frontUrl, 'http://127.0.0.1:18000');
});

test('no port left is named', () =>
  assert.rejects(plan({ freePorts: [20_001] }), /no free port was left for \S+:\d+$/));

test('what runs only in a container is named', async () => {
  const model = await readModel(root, {});
  const withService = (more: object) => {
    const [first] = model.composed;
    assert.ok(first);
    return plan({ model: { ...model, composed: [...model.composed, { ...first, name: 'extra', ...more }] } });
  };
  await assert.rejects(withService({ containerOnly: ['volumes'] }), /services\.extra\.volumes cannot be used without/);
  await assert.rejects(withService({ image: 'redis' }), /services\.extra\.image cannot/);
  await assert.rejects(withService({ dockerfile: 'Other' }), /services\.extra\.build cannot/);
});
