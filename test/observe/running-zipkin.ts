import { rm } from 'node:fs/promises';
import { cache, root } from '../../sandbox/cli/project.js';
import { installZipkinFor, NativeSandbox } from '../../sandbox/topology/native-sandbox.js';
import { readTopology } from '../../sandbox/topology/read-topology.js';
import { ownEnvironment } from '../topology/own-environment.js';

/** A real Zipkin for one test. */
export interface RunningZipkin {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts the pinned Zipkin on a free port and waits until it takes spans. */
export async function startZipkin(): Promise<RunningZipkin> {
  const environment = await ownEnvironment();
  const services = await readTopology(root, environment);
  const sandbox = await NativeSandbox.prepare(root, cache, environment, {
    services,
    envoyBinary: '',
    zipkinFolder: await installZipkinFor(services, cache, environment),
  });
  const { pid } = await sandbox.start('zipkin');
  const stop = async () => {
    await sandbox.kill();
    await rm(sandbox.runFolder, { recursive: true });
  };
  return { url: sandbox.plan.zipkinUrl, pid, stop };
}
