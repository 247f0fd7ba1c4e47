import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { cache, root } from '../../sandbox/cli/project.js';
import { installZipkinFor } from '../../sandbox/topology/native-sandbox.js';
import { readTopology } from '../../sandbox/topology/read-topology.js';
import { startZipkin } from '../observe/running-zipkin.js';
import { ownEnvironment } from './own-environment.js';

test('a Zipkin that runs uses its class archive', async (t) => {
  const { pid, stop } = await startZipkin();
  t.after(stop);
  assert.match(await readFile(`/proc/${pid}/maps`, 'utf8'), /zipkin\.jsa$/m);
});

test('an archive that Java cannot use is made again, and the log says why', async (t) => {
  const environment = await ownEnvironment();
  const services = await readTopology(root, environment);
  const original = (await installZipkinFor(services, cache, environment)) ?? '';
  const copied = await mkdtemp(join(tmpdir(), 'class-archive-'));
  t.after(() => rm(copied, { recursive: true }));
  const folder = join(copied, basename(original));
  await mkdir(folder);
  await symlink(join(original, 'lib'), join(folder, 'lib'));
  for (const file of ['zipkin.jar', 'zipkin.jsa']) await copyFile(join(original, file), join(folder, file));
  const install = async () => {
    const said: string[] = [];
    assert.equal(await installZipkinFor(services, copied, environment, { say: (line) => said.push(line) }), folder);
    return said.join('\n');
  };
  const madeAgain = /^Zipkin: 'java' ended with .*; its archive of classes is made again$/;
  assert.match(await install(), madeAgain, 'the jar has a new time');
  assert.equal(await install(), '');
  await truncate(join(folder, 'zipkin.jsa'), 1000);
  assert.match(await install(), madeAgain, 'the archive is cut off');
  assert.equal(await install(), '');
});
