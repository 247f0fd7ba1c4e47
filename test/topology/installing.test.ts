import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeWhole } from '../../sandbox/topology/installing.js';
import { scratchFolder } from '../scratch.js';

const scratch = await scratchFolder();
const newTarget = async () => join(await mkdtemp(join(scratch, 'cache-')), 'part-1.0');

/** Above the highest process id that Linux gives. */
const deadPid = 2 ** 22 + 1;

test('a folder is made once, and stays as it is', async () => {
  const target = await newTarget();
  await makeWhole(target, (folder) => writeFile(join(folder, 'file'), 'first'));
  await makeWhole(target, () => assert.fail('it was made already'));
  assert.deepEqual(await readdir(join(target, '..')), ['part-1.0']);
  assert.deepEqual(await readdir(target), ['file']);
});

test('two at once: the first one to finish wins, and the other uses its folder', async () => {
  const target = await newTarget();
  await makeWhole(target, async (folder) => {
    await writeFile(join(folder, 'file'), 'slow');
    await mkdir(target);
    await writeFile(join(target, 'file'), 'quick');
    await writeFile(join(target, 'quick'), '');
  });
  assert.deepEqual(await readdir(join(target, '..')), ['part-1.0']);
  assert.deepEqual((await readdir(target)).sort(), ['file', 'quick']);
});

test('files of a killed run are removed, files of a running one are not', async () => {
  const target = await newTarget();
  const [dead, living] = [`${target}.${deadPid}.part`, `${target}.${process.ppid}.part`];
  for (const folder of [dead, living, `${target}.1.0.part`]) await mkdir(folder);
  await makeWhole(target, async () => undefined);
  assert.deepEqual(
    (await readdir(join(target, '..'))).sort(),
    ['part-1.0', `part-1.0.${process.ppid}.part`, 'part-1.0.1.0.part'].sort(),
  );
});
