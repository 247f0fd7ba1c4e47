import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { cache, root } from '../../sandbox/cli/project.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import { isAlive } from '../../sandbox/topology/managed-process.js';
import { NativeSandbox } from '../../sandbox/topology/native-sandbox.js';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';
import { type RunningZipkin, startZipkin } from '../observe/running-zipkin.js';
import { ownEnvironment } from './own-environment.js';

let running: RunningZipkin;
let sandbox: NativeSandbox;
/** The way to Zipkin, which a test can close. */
let gate: Server;
let gatePort: number;
const throughGate = new Set<Socket>();

async function openGate(port: number): Promise<void> {
  gate = createServer((socket) => {
    const zipkin = connect(Number(new URL(running.url).port), '127.0.0.1');
    throughGate.add(socket);
    socket.on('error', () => zipkin.destroy()).on('close', () => zipkin.destroy());
    zipkin.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(zipkin).pipe(socket);
  }).listen(port, '127.0.0.1');
  await once(gate, 'listening');
  gatePort = (gate.address() as AddressInfo).port;
}

function closeGate(): void {
  gate.close();
  for (const socket of throughGate) socket.destroy();
}

before(async () => {
  running = await startZipkin();
  await openGate(0);
  const environment = { ...(await ownEnvironment()), ZIPKIN_URL: `http://127.0.0.1:${gatePort}` };
  sandbox = await NativeSandbox.install(root, cache, environment);
});
after(async () => {
  closeGate();
  await rm(sandbox.runFolder, { recursive: true });
  await running.stop();
});

/** Runs start-service as in the plan, without a process that watches it. */
function run(service: string, environment: Record<string, string> = {}) {
  const plan = sandbox.plan.processes.find(({ name }) => name === service);
  assert.ok(plan);
  const child = execa(plan.command, plan.args, {
    cwd: root,
    env: { ...plan.environment, ...environment },
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: 90_000,
    forceKillAfterDelay: false,
  });
  return { child, plan };
}

async function partsOf(pid: number | undefined): Promise<{ envoy: number; app: number }> {
  const { stdout } = await execa('ps', ['-o', 'pid=,args=', '--ppid', String(pid)]);
  const find = (argument: string) => Number(new RegExp(`^ *(\\d+) .*${argument}`, 'm').exec(stdout)?.[1]);
  return { envoy: find('--config-path'), app: find('dist/services/main.js') };
}

async function serving(t: TestContext, service: string) {
  const { child, plan } = run(service);
  await Promise.all(plan.readyUrls.map((url) => waitFor(service, () => fetchText(url), { seconds: 60 })));
  const parts = await partsOf(child.pid);
  t.after(() => {
    for (const pid of [child.pid, parts.envoy, parts.app]) if (pid && isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  return { child, ...parts };
}

const gone = (...pids: number[]) =>
  waitFor('the end of both', async () => assert.deepEqual(pids.filter(isAlive), []), { seconds: 30 });

const deaths: readonly (readonly [part: 'app' | 'envoy', signal: NodeJS.Signals, code: number, says: RegExp])[] = [
  ['app', 'SIGKILL', 137, /service2's app ended with code 137; ending the rest/],
  ['app', 'SIGTERM', 1, /service2's app ended with code 0; ending the rest/],
  ['envoy', 'SIGKILL', 137, /service2's Envoy ended with code 137; ending the rest/],
];

for (const [part, signal, code, says] of deaths) {
  test(`${signal} to the ${part}: the other process is ended, code ${code}`, async (t) => {
    const { child, app, envoy } = await serving(t, 'service2');
    process.kill({ app, envoy }[part], signal);
    const { exitCode, all } = await child;
    assert.equal(exitCode, code);
    assert.match(all, says);
    assert.deepEqual([app, envoy].filter(isAlive), []);
  });
}

test('SIGKILL to start-service itself: neither process is left', async (t) => {
  const { child, app, envoy } = await serving(t, 'service2');
  child.kill('SIGKILL');
  await gone(app, envoy);
});

test('a second SIGTERM: it ends at once with code 1', async (t) => {
  const { child, app, envoy } = await serving(t, 'service2');
  process.kill(app, 'SIGSTOP'); // the first process then has to wait for it
  child.kill('SIGTERM');
  const again = setInterval(() => child.kill('SIGTERM'), 100);
  t.after(() => clearInterval(again));
  assert.equal((await child).exitCode, 1);
  await gone(app, envoy);
});

/** Sends `/trace/1`, ends both services after the answer, and gives who reported which spans of it. */
async function reportedAtTheEnd(t: TestContext, whenEnding?: () => Promise<void>): Promise<string[]> {
  const services = await Promise.all([serving(t, 'service1'), serving(t, 'service2')]);
  const traceId = randomBytes(16).toString('hex');
  const headers = { 'x-b3-traceid': traceId, 'x-b3-spanid': traceId.slice(16), 'x-b3-sampled': '1' };
  const answer = await fetch(`${sandbox.plan.addresses.service1?.ingress}/trace/1`, { headers });
  assert.equal(answer.status, 200);
  await answer.text();
  const ending = whenEnding?.();
  for (const { child } of services) child.kill('SIGTERM');
  await ending;
  for (const { child, app, envoy } of services) {
    assert.equal((await child).exitCode, 0);
    assert.deepEqual([app, envoy].filter(isAlive), []);
  }
  const spans = await new ZipkinClient(running.url).trace(traceId);
  return spans.map(({ localEndpoint, kind }) => `${localEndpoint?.serviceName} ${kind}`).sort();
}

const envoySpans = [
  'service1 CLIENT', // ingress to the app
  'service1 CLIENT', // egress to service2
  'service1 SERVER', // ingress
  'service1 SERVER', // egress
  'service2 CLIENT',
  'service2 SERVER',
];

test('SIGTERM right after an answer: code 0, the whole trace is in Zipkin, and no file is left', async (t) => {
  for (const name of await readdir(sandbox.runFolder)) {
    if (name.startsWith('tmp.')) await rm(join(sandbox.runFolder, name), { recursive: true });
  }
  const files = await readdir(sandbox.runFolder);
  const appSpans = ['service1-app CLIENT', 'service1-app SERVER', 'service2-app SERVER'];
  assert.deepEqual(await reportedAtTheEnd(t), [...envoySpans, ...appSpans].sort());
  assert.deepEqual(await readdir(sandbox.runFolder), files);
});

test('SIGTERM while Zipkin cannot be reached for a moment: the Envoys send their spans before they end', async (t) => {
  const reported = await reportedAtTheEnd(t, async () => {
    closeGate();
    await delay(1500);
    await openGate(gatePort);
  });
  assert.deepEqual(
    reported.filter((each) => !each.includes('-app')),
    envoySpans,
  );
});

const wrongEnvironments: readonly (readonly [environment: Record<string, string>, code: number, says: RegExp])[] = [
  [{ SERVICE_NAME: '' }, 2, /^start-service: SERVICE_NAME is not set; name the service/],
  [{ SAMPLING_PERCENT: 'all' }, 2, /^start-service: SAMPLING_PERCENT is 'all'; set a number from 0 to 100/],
  [{ SAMPLING_PERCENT: '101' }, 2, /^start-service: SAMPLING_PERCENT is '101'/],
  [{ ENVOY_BIN: '/nowhere/envoy' }, 127, /\/nowhere\/envoy: No such file.*\n(.*\n)*.*Envoy ended with code 127/],
  [{ APP_RUNTIME: 'no-such-runtime' }, 127, /no-such-runtime: command not found\n(.*\n)*.*app ended with code 127/],
];

for (const [environment, code, says] of wrongEnvironments) {
  test(`${JSON.stringify(environment)}: code ${code}`, async () => {
    const { exitCode, all } = await run('service2', environment).child;
    assert.match(all, says);
    assert.equal(exitCode, code);
  });
}

test('a configuration that Envoy refuses: the reason is printed, and the app is ended', async () => {
  const { exitCode, all } = await run('service2', { ENVOY_CONFIG: join(root, 'docker-compose.yml') }).child;
  assert.match(all, /has unknown fields/);
  assert.match(all, /service2's Envoy ended with code 1/);
  assert.equal(exitCode, 1);
});
