import type { Command } from 'commander';
import { ZipkinClient } from '../observe/zipkin-client.js';
import { drawTrace } from '../picture/waterfall-text.js';
import type { NativeSandbox } from '../topology/native-sandbox.js';
import { buildTree } from '../trace/tree.js';
import { bringUp } from './bring-up.js';
import { ExitCode, exiting } from './exit-code.js';
import { type Progress, readProgress } from './start-progress.js';
import { terminal } from './terminal.js';
import { watchSources } from './watch.js';

/**
 * Aborts on the first Ctrl-C or SIGTERM, or when the npm that runs this has ended. Calls `again` on the second signal.
 */
function stopRequests(again: () => void): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) again();
    else controller.abort(new Error('stopped by the user'));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  process.on('disconnect', () => controller.abort(new Error('the process that started this one has ended'))); // emitted by bootstrap.mjs
  return controller.signal;
}

function describe({ frontUrl, adminUrl, zipkinUrl }: NativeSandbox['plan'], path: string, tracePage: string): string {
  return [
    `  front proxy  ${frontUrl}${path}`,
    `  its admin    ${adminUrl}`,
    `  Zipkin       ${zipkinUrl}`,
    `  this trace   ${tracePage}`,
    '',
    'Press Ctrl-C to stop the sandbox.',
    '',
  ].join('\n');
}

/**
 * Runs the sandbox without Docker until it is stopped. Prints the first trace and the addresses.
 *
 * @throws Error if a part cannot be installed, a port is in use, or a process does not start or ends by itself
 */
async function start({ watch = false }: { readonly watch?: boolean }): Promise<ExitCode> {
  let progress: Progress | undefined;
  const stopped = stopRequests(() => {
    progress?.sandbox?.kill();
    process.exit(ExitCode.failedRun);
  });
  const stop = new Promise<undefined>((resolve) => stopped.addEventListener('abort', () => resolve(undefined)));
  progress = await readProgress(stopped, watch);
  const sandbox = await bringUp(progress);
  const { spans, model } = progress;
  const lines = drawTrace(buildTree(spans), terminal(process.stdout));
  const tracePage = new ZipkinClient(sandbox.plan.zipkinUrl).tracePage(spans[0]?.traceId ?? '');
  process.stdout.write(`\n${lines.join('\n')}\n\n${describe(sandbox.plan, model.firstPath, tracePage)}`);

  const stopWatching = watch ? watchSources(sandbox, (line) => process.stdout.write(`${line}\n`)) : undefined;
  const death = await Promise.race([stop, sandbox.firstDeath()]);
  if (!death) process.stderr.write('\nStopping: requests in flight are answered, spans are flushed…\n');
  stopWatching?.();
  await sandbox.stop();
  if (death) throw new Error(death.line);
  return ExitCode.done;
}

/** Adds `start` to the program: it runs the sandbox without Docker. */
export function registerStart(program: Command): void {
  program
    .command('start')
    .description('Run the sandbox without Docker: Zipkin, the services with their sidecars, and the front proxy.')
    .option('--watch', 'compile services/ after each edit and restart the apps')
    .action(exiting(start));
}
