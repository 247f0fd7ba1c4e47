import { rm } from 'node:fs/promises';
import { cache, root } from '../../sandbox/cli/project.js';
import { installZipkin } from '../../sandbox/topology/download-parts.js';
import { NativeSandbox } from '../../sandbox/topology/native-sandbox.js';
import { readModel } from '../../sandbox/topology/read-model.js';
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
  const model = await readModel(root, environment);
  const sandbox = await NativeSandbox.prepare(root, cache, environment, {
    model,
    envoyBinary: '',
    zipkinFolder: await installZipkin(model, cache, environment),
  });
  const { pid } = await sandbox.start('zipkin');
  const stop = async () => {
    await sandbox.kill();
    await rm(sandbox.runFolder, { recursive: true });
  };
  return { url: sandbox.plan.zipkinUrl, pid, stop };
}
