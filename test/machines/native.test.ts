import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cache } from '../../sandbox/cli/project.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { start } from '../cli/native-run.js';
import { untilPrinted, watch } from '../watched.js';
import { cloneElsewhere, commandsIn, plainEnvironment } from './checkout.js';

/** Variables that would harm Zipkin, Java, Envoy, start-service or the app if they obeyed them. */
const hostile = {
  STORAGE_TYPE: 'elasticsearch',
  KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9',
  QUERY_PORT: '1',
  JAVA_TOOL_OPTIONS: '-XX:NoSuchOption',
  JDK_JAVA_OPTIONS: '-XX:NoSuchOption',
  ENVOY_LOG_LEVEL: 'loud',
  ENVOY_CONCURRENCY: 'many',
  APP_RUNTIME: 'false',
  PORT: '1',
  HOST: 'nowhere.invalid',
  TRACING: 'maybe',
  NEXT_HOP_TIMEOUT_MS: 'soon',
  NODE_USE_ENV_PROXY: '1',
  HTTP_PROXY: 'http://127.0.0.1:9',
};

test('a clone of another machine: .env, IPv6, a hostile environment, no executable bit', async (t) => {
  const [front, admin, zipkin] = await freePorts(3);
  const lines = [
    '# ours',
    `FRONT_PORT="${front}" # quoted`,
    `export ADMIN_PORT=${admin}`,
    `ZIPKIN_PORT=${zipkin}`,
    'FRONT_BIND=[::1]',
    'ZIPKIN_BIND=::1',
    "SAMPLING_PERCENT='50'",
  ];
  const clone = await cloneElsewhere(t, `${lines.join('\r\n')}\r\n`);
  for (const script of ['start-service', 'http-probe']) await chmod(join(clone, 'services', script), 0o600);
  const run = commandsIn(clone);
  const npm = (...args: string[]) => run('npm', 'run', '--silent', ...args);
  // What npm start runs: npm itself hands no SIGINT on.
  const command = ['node', 'sandbox/bootstrap.mjs', 'dist/sandbox/cli/main.js', 'start'];
  const running = watch(command, plainEnvironment(hostile), clone);
  try {
    await untilPrinted(running, 'Press Ctrl-C to stop');
    assert.match(running.printed(), new RegExp(`front proxy {2}http://\\[::1\\]:${front}/trace/1`));
    assert.match(running.printed(), new RegExp(`this trace {3}http://\\[::1\\]:${zipkin}/zipkin/traces/`));
    const doctor = await npm('doctor');
    assert.match(doctor.all, /✓ sampling +50 % of the requests are traced/);
    assert.equal(doctor.exitCode, 0, doctor.all);
    assert.match((await npm('trace', '--', '-H', 'b3: 1')).all, /· 11 spans ·/);
    const load = await npm('load', '--', '--count', '20', '-H', 'b3: 1');
    assert.equal(load.exitCode, 0, load.all);
    const elsewhere = await commandsIn(clone, { FRONT_PORT: '1' })('npm', 'run', '--silent', 'trace');
    assert.match(elsewhere.all, /no sandbox runs on port 1;/, 'the shell overrides .env');
  } finally {
    running.process.kill('SIGINT');
    await running.process;
  }
});

test('the first request is answered with 500 and the second is not: the sandbox starts', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'machines-'));
  t.after(() => rm(folder, { recursive: true }));
  const app = join(folder, 'warming-up.mjs');
  await writeFile(
    app,
    `import { createServer } from 'node:http';
    let status = 500;
    createServer(({ url }, response) => {
      response.writeHead(url === '/health' ? 200 : status).end();
      if (url !== '/health') status = 200;
    }).listen(process.env.PORT, '127.0.0.1');`,
  );
  const run = await start(cache, { SERVICE1_APP: app });
  t.after(() => run.process.kill('SIGKILL'));
  await untilPrinted(run, 'Press Ctrl-C to stop the sandbox.');
  run.process.kill('SIGINT');
  assert.equal((await run.process).exitCode, 0);
});
