import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { cache, root } from '../../sandbox/cli/project.js';
import { installZipkin } from '../../sandbox/topology/download-parts.js';
import { readModel } from '../../sandbox/topology/read-model.js';
import { cacheWith } from '../cli/tools.js';
import { startZipkin } from '../observe/running-zipkin.js';
import { ownEnvironment } from './own-environment.js';

test('a Zipkin that runs uses its class archive', async (t) => {
  const { pid, stop } = await startZipkin();
  t.after(stop);
  assert.match(await readFile(`/proc/${pid}/maps`, 'utf8'), /zipkin\.jsa$/m);
});

test('an archive that Java cannot use, because a jar has a new time, is made again, and the log says why', async (t) => {
  const environment = await ownEnvironment();
  const model = await readModel(root, environment);
  const original = (await installZipkin(model, cache, environment)) ?? '';
  const scratch = await mkdtemp(join(tmpdir(), 'class-archive-'));
  t.after(() => rm(scratch, { recursive: true }));
  const copied = await cacheWith(scratch, 'envoy');
  const folder = join(copied, basename(original));
  await mkdir(folder);
  await symlink(join(original, 'lib'), join(folder, 'lib'));
  for (const file of ['zipkin.jar', 'zipkin.jsa']) await copyFile(join(original, file), join(folder, file));
  const said: string[] = [];
  const install = () => installZipkin(model, copied, environment, { say: (line) => said.push(line) });
  assert.deepEqual([await install(), await install()], [folder, folder]);
  assert.match(said.join('\n'), /^Zipkin: 'java' ended with code 1: .*; its archive of classes is made again$/);
});
