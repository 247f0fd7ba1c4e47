import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { cache } from '../../sandbox/cli/project.js';
import { isAlive } from '../../sandbox/topology/managed-process.js';
import { type RunningZipkin, startZipkin } from '../observe/running-zipkin.js';
import { scratchFolder } from '../scratch.js';
import { untilPrinted } from '../watched.js';
import { familyOf, forget, type NativeRun, nothingLeft, readRecord, start } from './native-run.js';
import { cacheWith, neverReady, pathWith, pathWithout } from './tools.js';

const scratch = await scratchFolder();

async function untilUp(run: NativeRun) {
  await untilPrinted(run, 'Press Ctrl-C to stop the sandbox.');
  const record = await readRecord(run);
  const pids = await familyOf(run.process.pid ?? 0);
  for (const pid of [record.pid, ...Object.values(record.processes)]) assert.ok(pids.includes(pid));
  return { record, pids };
}

test('two starts at once install nothing; SIGKILL to npm ends one of them, Ctrl-C in a terminal the other', async () => {
  const withoutInstallers = { PATH: await pathWithout(scratch, 'python3', 'pip', 'mvn') };
  const inTerminal = ['script', '--quiet', '--return', '--command', 'npm start', '/dev/null'];
  const [piped, typed] = await Promise.all([
    start(cache, withoutInstallers, ['npm', 'start']),
    start(cache, { ...withoutInstallers, TERM: 'xterm' }, inTerminal),
  ]);
  const [one, other] = await Promise.all([untilUp(piped), untilUp(typed)]);
  for (const run of [piped, typed]) assert.match(run.printed(), /11 spans/);

  piped.process.kill('SIGKILL');
  await nothingLeft(one.pids, one.record);
  for (const pid of Object.values(other.record.processes)) assert.ok(isAlive(pid));
  assert.equal((await fetch(`${typed.frontUrl}/trace/1`)).status, 200);

  typed.process.stdin.write('\x03');
  assert.equal((await typed.process).exitCode, 128 + 2); // npm ends as SIGINT ends a process
  assert.match(typed.printed(), /Stopping: requests in flight are answered, spans are flushed…\s+/);
  await nothingLeft(other.pids, other.record);
  for (const run of [piped, typed]) await forget(run);
});

describe('beside a Zipkin that runs already', { concurrency: 2 }, () => {
  let zipkin: RunningZipkin;
  before(async () => {
    zipkin = await startZipkin();
  });
  after(() => zipkin.stop());

  const ways: readonly (readonly [
    what: string,
    end: (run: NativeRun) => void,
    how: { code?: number; signal?: string },
  ])[] = [
    ['SIGTERM', ({ process }) => process.kill('SIGTERM'), { code: 0 }],
    ['SIGKILL', ({ process }) => process.kill('SIGKILL'), { signal: 'SIGKILL' }],
    ['Ctrl-C twice', twice, { code: 3 }],
  ];

  /** Sends the second signal when the first has been handled, because two equal signals at once can arrive as one. */
  function twice(run: NativeRun): void {
    run.process.kill('SIGINT');
    untilPrinted(run, 'Stopping').then(() => run.process.kill('SIGINT'));
  }

  for (const [what, end, how] of ways) {
    test(`${what}: none of its processes is left, and the other Zipkin still runs`, async () => {
      const run = await start(cache, { ZIPKIN_URL: zipkin.url });
      const { pids, record } = await untilUp(run);
      end(run);
      const { exitCode: code, signal } = await run.process;
      assert.deepEqual({ code, signal }, { code: undefined, signal: undefined, ...how });
      await nothingLeft(pids, record);
      assert.equal((await fetch(`${zipkin.url}/health`)).status, 200);
      await forget(run);
    });
  }

  test('service2 dies: its name and its last lines are printed, the code is 3, nothing is left', async () => {
    const run = await start(cache, { ZIPKIN_URL: zipkin.url });
    const { pids, record } = await untilUp(run);
    process.kill(record.processes.service2 ?? 0, 'SIGKILL');
    const { exitCode, stderr } = await run.process;
    assert.match(stderr, /^sandbox: service2 ended with SIGKILL: [^\n]+$/);
    assert.equal(exitCode, 3);
    await nothingLeft(pids, record);
    await forget(run);
  });
});

for (const times of [1, 2]) {
  test(`Ctrl-C during the start, ${times} ×: the code is 3, nothing is left`, async () => {
    const ownCache = await cacheWith(scratch, 'envoy', 'zipkin');
    const run = await start(ownCache, { PATH: await pathWith(scratch, { java: await neverReady() }) });
    const record = await readRecord(run, 4);
    const pids = await familyOf(run.process.pid ?? 0);
    run.process.kill('SIGINT');
    await delay(20); // two equal signals at once can arrive as one
    if (times === 2) run.process.kill('SIGINT');
    const { exitCode, stderr, signal } = await run.process;
    if (times === 1) assert.equal(stderr, 'sandbox: stopped by the user');
    if (signal !== 'SIGINT') assert.equal(exitCode, 3); // the second signal may find it ending, without its handlers
    await nothingLeft(pids, record);
  });
}
