import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { cache } from '../../sandbox/cli/project.js';
import { isAlive } from '../../sandbox/topology/managed-process.js';
import { type RunRecord, runFolderOf } from '../../sandbox/topology/run-record.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { ownPorts } from '../topology/own-environment.js';
import { untilPrinted, type Watched, watch } from '../watched.js';

/** `npm start` on its own ports. */
export interface NativeRun extends Watched {
  readonly runFolder: string;
  readonly frontUrl: string;
}

/**
 * Starts the sandbox.
 *
 * @param cache the folder for SANDBOX_CACHE
 * @param environment more variables
 * @param command the command that starts it; by default the built command line
 * @param folder the checkout that is run; by default this one
 */
export async function start(
  cache: string,
  environment: Readonly<Record<string, string>> = {},
  command: readonly string[] = ['node', 'dist/sandbox/cli/main.js', 'start'],
  folder?: string,
): Promise<NativeRun> {
  const { ZIPKIN_JAR: _jar, ENVOY_BIN: _envoy, ZIPKIN_URL: _url, ...inherited } = process.env;
  const env = { ...inherited, ...(await ownPorts()), SANDBOX_CACHE: cache, NO_COLOR: '1', ...environment };
  return {
    ...watch(command, env, folder),
    runFolder: runFolderOf(cache, Number(env.FRONT_PORT)),
    frontUrl: `http://127.0.0.1:${env.FRONT_PORT}`,
  };
}

/**
 * Starts the sandbox, does `work` when it is ready, and ends it.
 *
 * @param environment more variables
 * @param work gets the environment in which commands find this sandbox
 */
export async function whileStarted(
  environment: Readonly<Record<string, string>>,
  work: (env: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const run = await start(cache, environment);
  try {
    await untilPrinted(run, 'Press Ctrl-C');
    await work({ FRONT_PORT: new URL(run.frontUrl).port, SANDBOX_CACHE: cache, NO_COLOR: '1' });
  } finally {
    run.process.kill();
    await run.process;
    await forget(run);
  }
}

/** Waits until a run has started its processes, and gives its record of them. */
export async function readRecord({ runFolder }: NativeRun, atLeast = 1): Promise<RunRecord> {
  const attempt = async () => {
    const record = JSON.parse(await readFile(join(runFolder, 'sandbox.json'), 'utf8')) as RunRecord;
    assert.ok(Object.keys(record.processes).length >= atLeast);
    return record;
  };
  return waitFor('sandbox.json', attempt, { seconds: 60, everyMs: 50 });
}

/** @returns the ids of a process and of all processes that it and its children have started */
export async function familyOf(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = new Map<number, number>();
  for (const each of pids) {
    const stat = await readFile(`/proc/${each}/stat`, 'utf8').catch(() => '');
    parents.set(Number(each), Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]));
  }
  const family = [pid];
  for (const member of family) {
    family.push(...[...parents].flatMap(([child, parent]) => (parent === member ? [child] : [])));
  }
  return family;
}

function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
  }
}

/** Waits until none of the processes is left, and nothing listens on the ports of a run. */
export async function nothingLeft(pids: readonly number[], record?: RunRecord): Promise<void> {
  const left = async () => assert.deepEqual(pids.filter(isAlive), []);
  try {
    await waitFor('the end of all processes', left, { seconds: 30, everyMs: 100 });
  } finally {
    for (const pid of pids) killIfAlive(pid);
  }
  const inner = Object.values(record?.addresses ?? {}).flatMap(({ admin, app, ingress }) => [admin, app, ingress]);
  // When the first process of a service has ended, its others are killed. Their sockets close a moment later.
  const urls = [record?.frontUrl, record?.adminUrl, ...inner].flatMap((url) => url || []);
  for (const url of urls) {
    await waitFor(`the end of ${url}`, async () => assert.equal(await answers(url), false), { seconds: 5 });
  }
}

/** Waits for the end of a run. It must exit with 3, print one line on stderr that matches `says`, and leave nothing running. */
export async function failed(run: NativeRun, says: RegExp): Promise<void> {
  const { exitCode, stderr } = await run.process;
  assert.match(stderr, says);
  assert.match(stderr, /^sandbox: [^\n]+$/);
  assert.equal(exitCode, 3);
  const files = await readdir(run.runFolder).catch((): string[] => []);
  const record = files.includes('sandbox.json') ? await readRecord(run) : undefined;
  await nothingLeft(Object.values(record?.processes ?? {}), record);
}

/** Removes the files that an ended run left for readers. */
export const forget = ({ runFolder }: NativeRun) => rm(runFolder, { recursive: true, force: true });
