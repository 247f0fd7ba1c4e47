import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { readProcesses, readUsage } from '../../prove/control/process-usage.js';

test("only the sandbox's own processes of a group are read, not those that its shell runs", async () => {
  const app = 'console.log("up"); setTimeout(() => {}, 60_000)';
  const shell = spawn('bash', ['-c', `sleep 60 | cat & node --eval '${app}'; true`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { pid } = shell;
  assert.ok(pid);
  try {
    await new Promise((resolve) => shell.stdout.once('data', resolve));
    const usage = await readUsage({ service1: pid });
    assert.match(Object.keys(usage).join(), /^service1\/(node|MainThread)$/);
    for (const { residentBytes, proportionalBytes } of Object.values(usage)) {
      assert.ok(proportionalBytes > 0 && proportionalBytes <= residentBytes);
    }
  } finally {
    process.kill(-pid, 'SIGKILL');
  }
});

test('processes are read from /proc, whatever their names contain', () => {
  const rest = [5, 6, 0, -1, 4194560, 1, 2, 3, 4, 150, 50, 0, 0, 20, 0, 9, 0, 100, 2000, 10].join(' ');
  const [first, ...others] = readProcesses(`11 (a (b) c) S 7 ${rest} 0\nno process at all\n12 (node) R 11 12`);
  assert.deepEqual(first, { pid: 11, command: 'a (b) c', parent: 7, group: 5, cpuSeconds: 2, residentBytes: 40960 });
  assert.equal(others.length, 1);
});
