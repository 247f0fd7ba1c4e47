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
    logTraceHeaders: false,
    tracing: 'on',
    podName: undefined,
  });
});

test('every variable reaches the configuration', () => {
  const config = readConfig({
    SERVICE_NAME: 'service12',
    HOST: '::1',
    PORT: '0',
    ZIPKIN_URL: 'https://collector.example/zipkin/',
    NEXT_HOP_URL: 'http://127.0.0.1:9000/trace/2  http://127.0.0.1:9000/trace/3',
    NEXT_HOP_TIMEOUT_MS: '250',
    SHUTDOWN_TIMEOUT_MS: '100',
    TRACE_LOG: 'headers',
    POD_NAME: 'service12-7d4b9c-x2x5z',
  });
  assert.equal(config.serviceNumber, 12);
  assert.equal(config.host, '::1');
  assert.equal(config.port, 0);
  assert.equal(config.reportsTo.href, 'https://collector.example/zipkin/api/v2/spans');
  assert.deepEqual(config.nextHops.map(String), ['http://127.0.0.1:9000/trace/2', 'http://127.0.0.1:9000/trace/3']);
  assert.equal(config.nextHopTimeoutMs, 250);
  assert.equal(config.shutdownTimeoutMs, 100);
  assert.equal(config.logTraceHeaders, true);
  assert.equal(config.podName, 'service12-7d4b9c-x2x5z');
});

test('an empty variable counts as absent, as Compose writes them', () => {
  const config = readConfig({
    SERVICE_NAME: 'service1',
    PORT: '',
    NEXT_HOP_URL: '',
    TRACE_LOG: '',
    ZIPKIN_URL: '',
    POD_NAME: '',
  });
  assert.equal(config.port, 8080);
  assert.deepEqual(config.nextHops, []);
});

const WRONG: readonly [variable: string, value: string][] = [
  ['SERVICE_NAME', ''],
  ['SERVICE_NAME', 'service'],
  ['SERVICE_NAME', 'service0'],
  ['SERVICE_NAME', 'service01'],
  ['SERVICE_NAME', 'Service1'],
  ['SERVICE_NAME', 'service1\nPORT=1'],
  ['SERVICE_NAME', 'service99999'],
  ['PORT', '-1'],
  ['PORT', '65536'],
  ['PORT', '8080.5'],
  ['PORT', '0x50'],
  ['PORT', ' 80'],
  ['PORT', 'http'],
  ['HOST', 'a b'],
  ['HOST', 'http://x'],
  ['ZIPKIN_URL', 'zipkin:9411'],
  ['ZIPKIN_URL', 'ftp://zipkin'],
  ['NEXT_HOP_URL', '127.0.0.1:9000/trace/2'],
  ['NEXT_HOP_URL', 'http://'],
  ['NEXT_HOP_URL', 'http://127.0.0.1:9000/trace/2 nowhere'],
  ['NEXT_HOP_TIMEOUT_MS', '0'],
  ['NEXT_HOP_TIMEOUT_MS', '2147483648'],
  ['NEXT_HOP_TIMEOUT_MS', '1e3'],
  ['SHUTDOWN_TIMEOUT_MS', 'five'],
  ['TRACE_LOG', 'all'],
];

for (const [variable, value] of WRONG) {
  test(`${variable}=${JSON.stringify(value)} is refused by name, in one line`, () => {
    assert.throws(
      () => readConfig({ SERVICE_NAME: 'service1', [variable]: value }),
      (error: unknown) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, new RegExp(`^wrong environment: ${variable} is .*: expected .+$`));
        return true;
      },
    );
  });
}

test('all wrong variables are named at once', () => {
  assert.throws(
    () => readConfig({ PORT: 'x', TRACE_LOG: 'y' }),
    /SERVICE_NAME is missing.*; .*PORT is "x".*TRACE_LOG is "y"/s,
  );
});
