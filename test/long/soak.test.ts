import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';

test('a minute at half of saturation: no request fails, no span is missing, memory levels off', async () => {
  const args = ['dist/prove/main.js', 'soak', '--seconds', '60'];
  const { exitCode, all } = await execa('node', args, { cwd: root, reject: false, all: true, timeout: 360_000 });
  assert.equal(exitCode, 0, all);
});
