import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../services/config.js';

test('only SERVICE_NAME is required; the rest has the defaults of the contract', () => {
  const { reportsTo, ...config } = readConfig({ SERVICE_NAME: 'service2' });
  assert.equal(reportsTo.href, 'http://zipkin:9411/api/v2/spans');
  assert.deepEqual(config, {
    serviceNumber: 2,
    appName: 'service2-app',
    host: '127.0.0.1',
    port: 8080,
    nextHops: [],
    nextHopTimeoutMs: 4000,
    shutdownTimeoutMs: 5000,
    tracing: 'on',
    podName: undefined,
  });
});

test('every variable reaches the configuration', () => {
  const { reportsTo, nextHops, ...config } = readConfig({
    SERVICE_NAME: 'service12',
    HOST: '::1',
    PORT: '0',
    ZIPKIN_URL: 'https://collector.example/zipkin/',
    NEXT_HOP_URL: 'http://127.0.0.1:9000/trace/2  http://127.0.0.1:9000/trace/3',
    NEXT_HOP_TIMEOUT_MS: '250',
    SHUTDOWN_TIMEOUT_MS: '100',
    TRACING: 'off',
    POD_NAME: 'service12-7d4b9c-x2x5z',
  });
  assert.equal(reportsTo.href, 'https://collector.example/zipkin/api/v2/spans');
  assert.deepEqual(nextHops.map(String), ['http://127.0.0.1:9000/trace/2', 'http://127.0.0.1:9000/trace/3']);
  assert.deepEqual(config, {
    serviceNumber: 12,
    appName: 'service12-app',
    host: '::1',
    port: 0,
    nextHopTimeoutMs: 250,
    shutdownTimeoutMs: 100,
    tracing: 'off',
    podName: 'service12-7d4b9c-x2x5z',
  });
});

test('an empty variable counts as absent, as Compose writes them', () => {
  const empty = { PORT: '', NEXT_HOP_URL: '', ZIPKIN_URL: '', POD_NAME: '' };
  assert.deepEqual(readConfig({ SERVICE_NAME: 'service1', ...empty }), readConfig({ SERVICE_NAME: 'service1' }));
});

const WRONG: readonly [variable: string, value: string][] = [
  ['SERVICE_NAME', ''],
  ['SERVICE_NAME', 'service0'],
  ['PORT', '65536'],
  ['HOST', 'a b'],
  ['ZIPKIN_URL', 'zipkin:9411'],
  ['NEXT_HOP_URL', 'http://127.0.0.1:9000/trace/2 nowhere'],
  ['NEXT_HOP_TIMEOUT_MS', '0'],
];

for (const [variable, value] of WRONG) {
  test(`${variable}=${JSON.stringify(value)} is refused in one line with its name`, () => {
    const message = new RegExp(`^wrong environment: ${variable} is .*: expected .+$`);
    assert.throws(() => readConfig({ SERVICE_NAME: 'service1', [variable]: value }), { message });
  });
}

test('all wrong variables are named at once', () => {
  assert.throws(
    () => readConfig({ PORT: 'x', TRACING: 'y' }),
    /SERVICE_NAME is missing.*; .*PORT is "x".*TRACING is "y"/s,
  );
});
