import { openSync, readSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { lastLogLines, type ManagedProcess, startProcess } from '../topology/managed-process.js';
import type { NativeSandbox } from '../topology/native-sandbox.js';
import { root } from './project.js';

/** What says nothing about an edit: the log of headers, and that the compiler begins. */
const unrelated = /^\{| - (Starting compilation|File change detected)/;

/** Calls `onLine` with each line that a process writes to its log from now on. */
function followLog({ logFile }: ManagedProcess, onLine: (line: string) => void): () => void {
  const log = openSync(logFile, 'r');
  let position = statSync(logFile).size;
  let rest = '';
  const read = () => {
    const buffer = Buffer.alloc(Math.max(0, statSync(logFile).size - position));
    position += readSync(log, buffer, 0, buffer.length, position);
    const lines = (rest + buffer.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim()) onLine(line);
  };
  const watcher = watch(logFile, read);
  return () => watcher.close();
}

/** A compiler that runs beside the sandbox. */
export interface Watching {
  /** Resolves with a line if the compiler ends by itself. */
  readonly death: Promise<{ readonly line: string }>;
  end(): Promise<void>;
}

/**
 * Compiles the sources again after each edit. Node then restarts the apps, because they run with APP_WATCH.
 *
 * @param show called with what the compiler and the apps print: a line after the name of the process
 * @throws Error if the compiler cannot be started
 */
export async function watchSources(
  { runFolder, processes }: NativeSandbox,
  show: (line: string) => void,
): Promise<Watching> {
  const args = [join(root, 'node_modules/typescript/bin/tsc'), '--watch', '--preserveWatchOutput'];
  const plan = { name: 'tsc', command: process.execPath, args, environment: {}, workingFolder: root, readyUrls: [] };
  const compiler = await startProcess(plan, join(runFolder, 'tsc.log'));
  const followed = [compiler, ...processes.filter(({ plan: { environment } }) => environment.APP_WATCH)];
  const stops = followed.map((each) =>
    followLog(each, (line) => {
      if (!unrelated.test(line)) show(`${each.plan.name} | ${line}`);
    }),
  );
  return {
    death: compiler.ended.then((how) => ({ line: `tsc ended with ${how}: ${lastLogLines(compiler.logFile)}` })),
    async end() {
      for (const stop of stops) stop();
      await compiler.stop(2);
    },
  };
}
