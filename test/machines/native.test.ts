import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { cache } from '../../sandbox/cli/project.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { start, untilPrinted } from '../cli/native-run.js';
import { cloneElsewhere, plainEnvironment } from './checkout.js';

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
  const run = (command: string, args: readonly string[], env = {}) =>
    execa(command, args, { cwd: clone, env: plainEnvironment(env), extendEnv: false, reject: false, all: true });
  const npm = (...args: string[]) => run('npm', ['run', '--silent', ...args]);
  // The command of npm start, because npm itself does not forward SIGINT.
  const running = run('node', ['sandbox/bootstrap.mjs', 'dist/sandbox/cli/main.js', 'start'], hostile);
  let printed = '';
  running.all.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  try {
    const isUp = async () => {
      assert.equal(running.exitCode ?? undefined, undefined, printed);
      assert.match(printed, /Press Ctrl-C to stop/);
    };
    await waitFor('the clone', isUp, { seconds: 100, everyMs: 200 });
    assert.match(printed, new RegExp(`front proxy {2}http://\\[::1\\]:${front}/trace/1`));
    assert.match(printed, new RegExp(`this trace {3}http://\\[::1\\]:${zipkin}/zipkin/traces/`));
    const doctor = await npm('doctor');
    assert.match(doctor.all, /✓ sampling +50 % of the requests are traced/);
    assert.equal(doctor.exitCode, 0, doctor.all);
    assert.match((await npm('trace', '--', '-H', 'b3: 1')).all, /· 11 spans ·/);
    const load = await npm('load', '--', '--count', '20', '-H', 'b3: 1');
    assert.equal(load.exitCode, 0, load.all);
    const elsewhere = await run('npm', ['run', '--silent', 'trace'], { FRONT_PORT: '1' });
    assert.match(elsewhere.all, /no sandbox runs on port 1;/, 'the shell goes before .env');
  } finally {
    running.kill('SIGINT');
    await running;
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
