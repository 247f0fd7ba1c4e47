import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { readUsage } from '../../prove/control/process-usage.js';

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
