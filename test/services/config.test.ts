import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig } from '../../services/config.js';

test('only SERVICE_NAME is required; the rest has the defaults of the contract', () => {
  const config = readConfig({ SERVICE_NAME: 'service2' });
  assert.deepEqual(
    { ...config, reporter: { ...config.reporter, endpoint: config.reporter.endpoint.href } },
    {
      serviceName: 'service2',
      serviceNumber: 2,
      appName: 'service2-app',
      host: '127.0.0.1',
      port: 8080,
      nextHop: undefined,
      shutdownTimeoutMs: 5000,
      logTraceHeaders: false,
      tracing: 'on',
      reporter: {
        endpoint: 'http://zipkin:9411/api/v2/spans',
        intervalMs: 200,
        timeoutMs: 5000,
        maxSpans: 20_000,
        maxBytes: 16_777_216,
        batchSpans: 500,
        podName: undefined,
      },
    },
  );
});

test('every variable reaches the configuration', () => {
  const config = readConfig({
    SERVICE_NAME: 'service12',
    HOST: '::1',
    PORT: '0',
    ZIPKIN_URL: 'https://collector.example/zipkin/',
    NEXT_HOP_URL: 'http://127.0.0.1:9000/trace/2',
    NEXT_HOP_TIMEOUT_MS: '250',
    SHUTDOWN_TIMEOUT_MS: '100',
    TRACE_LOG: 'headers',
    REPORTER_INTERVAL_MS: '50',
    REPORTER_TIMEOUT_MS: '60',
    REPORTER_MAX_SPANS: '70',
    REPORTER_MAX_BYTES: '8000',
    REPORTER_BATCH_SPANS: '9',
    POD_NAME: 'service12-7d4b9c-x2x5z',
  });
  assert.equal(config.serviceNumber, 12);
  assert.equal(config.host, '::1');
  assert.equal(config.port, 0);
  assert.equal(config.reporter.endpoint.href, 'https://collector.example/zipkin/api/v2/spans');
  assert.equal(config.nextHop?.url.href, 'http://127.0.0.1:9000/trace/2');
  assert.equal(config.nextHop?.timeoutMs, 250);
  assert.equal(config.shutdownTimeoutMs, 100);
  assert.equal(config.logTraceHeaders, true);
  const { endpoint: _, ...bounds } = config.reporter;
  assert.deepEqual(bounds, {
    intervalMs: 50,
    timeoutMs: 60,
    maxSpans: 70,
    maxBytes: 8000,
    batchSpans: 9,
    podName: 'service12-7d4b9c-x2x5z',
  });
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
  assert.equal(config.nextHop, undefined);
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
  ['NEXT_HOP_TIMEOUT_MS', '0'],
  ['NEXT_HOP_TIMEOUT_MS', '2147483648'],
  ['NEXT_HOP_TIMEOUT_MS', '1e3'],
  ['SHUTDOWN_TIMEOUT_MS', 'five'],
  ['TRACE_LOG', 'all'],
  ['REPORTER_INTERVAL_MS', '1'],
  ['REPORTER_TIMEOUT_MS', '0'],
  ['REPORTER_MAX_SPANS', '0'],
  ['REPORTER_MAX_BYTES', '1'],
  ['REPORTER_BATCH_SPANS', '-5'],
];

for (const [variable, value] of WRONG) {
  test(`${variable}=${JSON.stringify(value)} is refused by name, in one line`, () => {
    assert.throws(
      () => readConfig({ SERVICE_NAME: 'service1', [variable]: value }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
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
