import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { readUsage } from '../../sandbox/load/process-usage.js';

test("of a process group only the sandbox's own commands are read, not what its shell runs beside them", async () => {
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
