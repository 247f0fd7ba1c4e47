import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../sandbox/cli/project.js';
import { findLoadTarget } from '../../sandbox/load/target.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { type RunRecord, runFolderOf, writeRunRecord } from '../../sandbox/topology/run-record.js';
import { listen } from '../listening.js';
import { scratchFolder } from '../scratch.js';

/** A folder with the files of the topology and without a running sandbox. */
const empty = await scratchFolder();
for (const file of await readdir(root)) {
  if (/^Dockerfile|\.yml$|zipkin\.yaml$/.test(file)) await copyFile(join(root, file), join(empty, file));
}

for (const url of [
  'http://192.0.2.1:8000',
  'https://example.org',
  'http://127.example.org/',
  'http://[2001:db8::1]:80',
]) {
  test(`${url} is refused: it is not on this machine`, async () => {
    await assert.rejects(findLoadTarget(empty, empty, {}, url), /is not on this machine/);
  });
}

test('a port on which no sandbox runs is refused', async () => {
  const [port] = await freePorts(1);
  await assert.rejects(
    findLoadTarget(empty, empty, {}, `http://127.0.0.1:${port}`),
    new RegExp(`no sandbox runs on port ${port}`),
  );
});

test("another server on the sandbox's port is refused", async (t) => {
  const { url: frontUrl } = await listen(t, (_request, response) => response.writeHead(404).end('No such page.'));
  const urls = { frontUrl, adminUrl: '', zipkinUrl: '' };
  const record: RunRecord = { pid: process.pid, ...urls, addresses: {}, processes: {}, ownApps: [] };
  const folder = runFolderOf(empty, Number(new URL(frontUrl).port));
  await mkdir(folder, { recursive: true });
  await writeRunRecord(folder, record);
  await assert.rejects(
    findLoadTarget(empty, empty, {}, frontUrl),
    /does not answer as this sandbox's front proxy does/,
  );
});
