import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cache, root } from '../../sandbox/cli/project.js';
import { forget, start } from '../cli/native-run.js';
import { command } from '../command.js';
import { untilPrinted } from '../watched.js';

test('with an app that reports nothing every command finds the rest, and says what is not known', async () => {
  const run = await start(cache, { SERVICE1_APP: 'docs/examples/by-hand/fetch_service.mjs', INIT_CWD: root });
  try {
    await untilPrinted(run, 'Press Ctrl-C');
    const env = { FRONT_PORT: new URL(run.frontUrl).port, SANDBOX_CACHE: cache, NO_COLOR: '1' };
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
  } finally {
    run.process.kill();
    await run.process;
    await forget(run);
  }
});
