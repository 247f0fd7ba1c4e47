import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';
import { cloneElsewhere } from '../machines/checkout.js';
import { untilPrinted } from '../watched.js';
import { familyOf, nothingLeft, readRecord, start } from './native-run.js';

test('npm start -- --watch: an edit of services/ is answered, also after one that breaks the app', async (t) => {
  const clone = await cloneElsewhere(t, '');
  const bootstrap = ['node', 'sandbox/bootstrap.mjs', 'dist/sandbox/cli/main.js'];
  const run = await start(join(clone, '.cache'), {}, [...bootstrap, 'start', '--watch'], clone);
  await untilPrinted(run, /^tsc \| waits for edits/m);
  const pids = await familyOf(run.process.pid ?? 0);
  const app = join(clone, 'services/app.ts');
  const original = await readFile(app, 'utf8');
  const answers = (pattern: RegExp) =>
    waitFor(`${pattern}`, async () => assert.match(await fetchText(`${run.frontUrl}/trace/1`), pattern), {
      seconds: 60,
    });

  await writeFile(app, original.replace('Hello from behind', 'Edited, from behind'));
  await answers(/^Edited, from behind Envoy/);
  for (const service of ['service1', 'service2'])
    await untilPrinted(run, new RegExp(`^${service} \\| Restarting`, 'm'));
  const env = { FRONT_PORT: new URL(run.frontUrl).port, SANDBOX_CACHE: join(clone, '.cache'), NO_COLOR: '1' };
  const traced = await execa('node', [...bootstrap.slice(1), 'trace'], { cwd: clone, env, reject: false, all: true });
  assert.match(traced.all, /· 11 spans ·/);

  await writeFile(app, `${original}const wrong: number = 'text';\nthrow new Error('broken');\n`);
  await untilPrinted(run, /^tsc \| services\/app\.ts\(\d+,7\): error TS2322/m);
  await untilPrinted(run, /^service1 \| Error: broken/m);
  await writeFile(app, original);
  await answers(/^Hello from behind Envoy/);

  const record = await readRecord(run);
  pids.push(...(await familyOf(run.process.pid ?? 0)));
  run.process.kill('SIGINT');
  const { exitCode, all } = await run.process;
  assert.equal(exitCode, 0, all);
  await nothingLeft([...new Set(pids)], record);
});
