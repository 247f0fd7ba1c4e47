import { UsageError } from '../../sandbox/cli/exit-code.js';
import { cache, root } from '../../sandbox/cli/project.js';
import { readTopology } from '../../sandbox/topology/read-topology.js';
import { findSandbox } from '../../sandbox/topology/running-sandbox.js';
import { ComposeControl } from './compose-control.js';
import type { Control } from './control.js';
import { NativeControl } from './native-control.js';

/** @returns power over the Compose project that runs */
export async function composeControl(): Promise<Control> {
  const sandbox = await findSandbox(root, cache, process.env);
  if (sandbox.mode !== 'compose') throw new UsageError('a native sandbox runs on this port; stop it for --compose');
  return new ComposeControl(await readTopology(root, process.env), sandbox);
}

/**
 * Gives `work` power over a sandbox: the Compose project that runs, or a native one of its own, which ends with it. One that
 * is interrupted ends too, because its processes do not outlive the one that started them.
 */
export async function withControl<T>(compose: boolean, work: (control: Control) => Promise<T>): Promise<T> {
  if (compose) return work(await composeControl());
  const control = await NativeControl.start();
  try {
    return await work(control);
  } finally {
    await control.stopAll();
  }
}
