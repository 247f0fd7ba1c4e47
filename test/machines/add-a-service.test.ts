import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { freePorts } from '../../sandbox/topology/ports.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { addedService, type Edits } from '../topology/added-service.js';
import { cloneElsewhere, plainEnvironment } from './checkout.js';

const { failed: noDocker } = await execa('docker', ['info'], { reject: false });
const skip = noDocker && process.env.CI !== 'true' && 'no Docker daemon answers';

/** A copy of the checkout with edits, and a function that runs commands in it. */
async function edited(t: TestContext, edits: Edits) {
  const [front, admin, zipkin] = await freePorts(3);
  const clone = await cloneElsewhere(t, `FRONT_PORT=${front}\nADMIN_PORT=${admin}\nZIPKIN_PORT=${zipkin}\n`);
  for (const [name, edit] of Object.entries(edits)) {
    await writeFile(join(clone, name), edit(await readFile(join(clone, name), 'utf8')));
  }
  const env = plainEnvironment({ COMPOSE_PROJECT_NAME: `added-service-${process.pid}` });
  return (command: string, ...args: string[]) =>
    execa(command, args, { cwd: clone, env, extendEnv: false, reject: false, all: true });
}

/** Checks that every command knows the third service. */
async function everyCommandIsRight(run: Awaited<ReturnType<typeof edited>>): Promise<void> {
  const says = async (pattern: RegExp, ...args: string[]) => {
    const { all, exitCode } = await run('npm', 'run', '--silent', ...args);
    assert.equal(exitCode, 0, all);
    assert.match(all, pattern);
    return all;
  };
  await says(/· 17 spans ·[\s\S]*service3-app +SERVER/, 'trace');
  await says(/3 traces of GET \/trace\/1: ✓ whole/, 'verify', '--', '--count', '3');
  const headers = await says(/^service3 ingress out\n[\s\S]*^service3-app in\n/m, 'headers');
  assert.equal(headers.match(/^service\d.* (in|out)$/gm)?.length, 10);
  await says(/^service3-app +20 +20 +20\n[\s\S]*No span is missing/m, 'load', '--', '--count', '20');
  await says(/✓ service3-app to its sidecar[\s\S]*one trace of 17 spans/, 'doctor');
  await says(/service1-app forwarded no B3 headers/, 'lab', 'drop-headers');
  await says(/the trace is whole/, 'lab', 'reset');
}

for (const [where, edits] of Object.entries(addedService)) {
  describe(`docs/add-a-service.md, ${where}: every command is right, with no other edit`, () => {
    test('natively', async (t) => {
      const run = await edited(t, edits);
      const running = run('node', 'sandbox/bootstrap.mjs', 'dist/sandbox/cli/main.js', 'start');
      let printed = '';
      running.all.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
      });
      try {
        const isUp = async () => {
          assert.equal(running.exitCode ?? undefined, undefined, printed);
          assert.match(printed, /Press Ctrl-C to stop/);
        };
        await waitFor('the sandbox', isUp, { seconds: 100, everyMs: 200 });
        assert.match(printed, /· 17 spans ·/);
        await everyCommandIsRight(run);
      } finally {
        running.kill('SIGTERM');
        await running;
      }
    });

    test('in Compose', { skip }, async (t) => {
      const run = await edited(t, edits);
      try {
        const up = await run('docker', 'compose', 'up', '--build', '--detach', '--wait', '--quiet-pull');
        assert.equal(up.exitCode, 0, up.all);
        await everyCommandIsRight(run);
      } finally {
        await run('docker', 'compose', 'down', '--volumes', '--rmi', 'local', '--timeout', '5');
      }
    });
  });
}
