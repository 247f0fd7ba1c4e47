import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';

const secrets = [
  'BEGIN [A-Z ]*PRIVATE KEY',
  '(AKIA|ASIA)[A-Z0-9]{16}',
  'gh[opsu]_[A-Za-z0-9]{36}',
  'npm_[A-Za-z0-9]{36}',
  '_auth(Token)?[ ]*=',
  'https?://[^ /:@]+:[^ /@]+@',
];

test('no file of the repository holds a secret', async () => {
  const search = ['grep', '--untracked', '-InE', secrets.join('|'), '--', '.', ':!package-lock.json'];
  const { stdout } = await execa('git', search, { cwd: root });
  const madeUp = /:\/\/user:/; // the user of every made-up password here
  assert.deepEqual(
    stdout.split('\n').filter((line) => !madeUp.test(line)),
    [],
  );
});
