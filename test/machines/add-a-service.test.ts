import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { addedService, type Edits } from '../topology/added-service.js';
import { ownPorts } from '../topology/own-environment.js';
import { untilPrinted, watch } from '../watched.js';
import { cloneElsewhere, commandsIn, plainEnvironment } from './checkout.js';
import { withoutDocker } from './docker.js';

/** A copy of the checkout with edits, and a function that runs commands in it. */
async function edited(t: TestContext, edits: Edits) {
  const ports = Object.entries(await ownPorts()).map(([name, port]) => `${name}=${port}\n`);
  const clone = await cloneElsewhere(t, ports.join(''));
  for (const [name, edit] of Object.entries(edits)) {
    await writeFile(join(clone, name), edit(await readFile(join(clone, name), 'utf8')));
  }
  return { clone, run: commandsIn(clone, { COMPOSE_PROJECT_NAME: `added-service-${process.pid}` }) };
}

/** Checks that every command knows the third service. */
async function everyCommandIsRight(run: ReturnType<typeof commandsIn>): Promise<void> {
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
      const { clone, run } = await edited(t, edits);
      const start = ['node', 'sandbox/bootstrap.mjs', 'dist/sandbox/cli/main.js', 'start'];
      const running = watch(start, plainEnvironment(), clone);
      try {
        await untilPrinted(running, 'Press Ctrl-C to stop');
        assert.match(running.printed(), /· 17 spans ·/);
        await everyCommandIsRight(run);
      } finally {
        running.process.kill('SIGTERM');
        await running.process;
      }
    });

    test('in Compose', { skip: withoutDocker }, async (t) => {
      const { run } = await edited(t, edits);
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
