import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import type { Resolve } from '../../sandbox/topology/addresses.js';
import { readEnvoyFile } from '../../sandbox/topology/envoy-file.js';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';

/**
 * Starts one Envoy of this project alone and waits until it is ready.
 *
 * @param file the name of its configuration
 * @param change turns the text of that file into the one to run
 * @param resolve gives the real address of each one in it
 * @param admin the real port of its admin interface
 * @returns a function that ends it
 */
export async function startEnvoyAlone(
  file: string,
  change: (configuration: string) => string,
  resolve: Resolve,
  admin: number,
): Promise<() => Promise<void>> {
  const binary = process.env.ENVOY_BIN;
  assert.ok(binary, 'ENVOY_BIN is not set; run the tests with npm test');
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-edge-'));
  const path = join(folder, file);
  const configuration = readEnvoyFile(change(await readFile(join(root, file), 'utf8')), file);
  await writeFile(path, configuration.withAddresses(resolve, root));
  const args = ['-c', path, '--disable-hot-restart', '--concurrency', '1', '--service-cluster', 'alone', '-l', 'error'];
  const envoy = execa(binary, args, { reject: false, stdio: 'ignore', env: { SERVICE_NAME: 'alone' } });
  await waitFor('Envoy', () => fetchText(`http://127.0.0.1:${admin}/ready`), { seconds: 20 });
  return async () => {
    envoy.kill('SIGTERM');
    await envoy;
    await rm(folder, { recursive: true });
  };
}
