import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive, lastLogLines, type ManagedProcess, startProcess } from '../../sandbox/topology/managed-process.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { scratchFolder } from '../scratch.js';

const scratch = await scratchFolder();

let files = 0;
const newFile = () => join(scratch, String(++files));

const shell = (script: string): Promise<ManagedProcess> =>
  startProcess(
    {
      name: 'shell',
      command: 'bash',
      args: ['-c', script],
      environment: { GIVEN: 'yes' },
      workingFolder: scratch,
      readyUrls: [],
    },
    newFile(),
  );

const printed = ({ logFile }: ManagedProcess, expected: RegExp) =>
  waitFor(
    `${expected}`,
    async () => {
      const text = await readFile(logFile, 'utf8');
      assert.match(text, expected);
      return text;
    },
    { seconds: 10 },
  );

const gone = (pid: number) => waitFor(`the end of ${pid}`, async () => assert.ok(!isAlive(pid)), { seconds: 10 });

test('a process that ignores SIGTERM is killed', async () => {
  const process = await shell('trap "" TERM; echo up; while :; do sleep 0.05; done');
  await printed(process, /up/);
  await process.stop(0.1);
  assert.equal(await process.ended, 'SIGKILL');
});

for (const [how, end] of [
  ['killed', (process: ManagedProcess) => process.kill()],
  ['stopped', (process: ManagedProcess) => process.stop(10)],
] as const) {
  test(`no process of it is left when it is ${how}, whatever it started`, async () => {
    const started = await shell('(trap "" TERM; echo "child $BASHPID"; while :; do sleep 0.05; done) & wait');
    const child = Number(/child (\d+)/.exec(await printed(started, /child \d+\n/))?.[1]);
    await end(started);
    await started.ended;
    await gone(child);
    await started.stop(10);
    started.kill();
  });
}

const logs: readonly (readonly [what: string, text: string, last: string])[] = [
  ['nothing', '', '(it printed nothing)'],
  ['one line', 'cannot listen\n', 'cannot listen'],
  ['many lines: the last six', '1\n2\n3\n\n4\n5\n6\n7\n', '2 | 3 | 4 | 5 | 6 | 7'],
  [
    'an exception: not its frames',
    'Error: no such file\n    at open (fs.js:1:2)\n\tat java.base/A.b(C.java:1) ~[?:?]\n\t... 21 more\nCaused by: that\n',
    'Error: no such file | Caused by: that',
  ],
  [
    'start-service: nothing from after the first had ended',
    "wrong environment: PORT\nstart-service: service1's app ended with code 2; ending the rest\n[warning] caught SIGTERM\n",
    "wrong environment: PORT | start-service: service1's app ended with code 2; ending the rest",
  ],
];

for (const [what, text, last] of logs) {
  test(`last lines of a log with ${what}`, async () => {
    const file = newFile();
    await writeFile(file, text);
    assert.equal(lastLogLines(file), last);
  });
}
