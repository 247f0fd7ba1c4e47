import assert from 'node:assert/strict';
import { test } from 'node:test';
import { root } from '../../sandbox/cli/project.js';
import { whileStarted } from '../cli/native-run.js';
import { command } from '../command.js';

test('with an app that reports nothing every command finds the rest, and says what is not known', async () => {
  const environment = { SERVICE1_APP: 'docs/examples/by-hand/fetch_service.mjs', INIT_CWD: root };
  await whileStarted(environment, async (env) => {
    for (const [args, says] of [
      ['verify', /^note: service1-app: no span/m],
      ['headers', /^service2-app in$/m],
      ['doctor', /^– service1-app to its sidecar /m],
      ['load --count 20', /^service1-app +\? +\? +0$.*^service1-app: an app of your own: its counters are unknown$/ms],
    ] as const) {
      const { all, exitCode } = await command(args.split(' '), env);
      assert.match(all, says);
      assert.equal(exitCode, 0, all);
    }
  });
});
