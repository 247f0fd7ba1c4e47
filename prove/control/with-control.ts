import { UsageError } from '../../sandbox/cli/exit-code.js';
import { cache, root } from '../../sandbox/cli/project.js';
import { findSandbox } from '../../sandbox/topology/running-sandbox.js';
import { ComposeControl } from './compose-control.js';
import type { Control } from './control.js';
import { asShipped, NativeControl } from './native-control.js';

/** @returns control over the running Compose project */
export async function composeControl(): Promise<Control> {
  const sandbox = await findSandbox(root, cache, process.env);
  if (sandbox.mode !== 'compose') throw new UsageError('a native sandbox runs on this port; stop it for --compose');
  return new ComposeControl(sandbox);
}

/**
 * Gives `work` control over a sandbox: the running Compose project, or a native one of its own, which ends afterwards.
 * The native one also ends if `work` is interrupted, because its processes end with this one.
 *
 * @param changes what is different in the native sandbox
 */
export async function withControl<T>(
  compose: boolean,
  work: (control: Control) => Promise<T>,
  changes = asShipped,
): Promise<T> {
  if (compose) return work(await composeControl());
  const control = await NativeControl.start(changes);
  try {
    return await work(control);
  } finally {
    await control.stopAll();
  }
}
