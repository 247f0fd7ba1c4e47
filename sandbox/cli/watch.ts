import { closeSync, openSync, readSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { ManagedProcess } from '../topology/managed-process.js';
import type { NativeSandbox } from '../topology/native-sandbox.js';
import { root } from './project.js';

/** Calls `onLine` with each line that a process writes to its log from now on. @returns a function that ends this */
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
  return () => {
    watcher.close();
    closeSync(log);
  };
}

/** Compiles what has changed, and shows what is wrong with it. */
async function compile(show: (line: string) => void): Promise<void> {
  const { execa } = await import('execa');
  const args = [join(root, 'node_modules/typescript/bin/tsc')];
  const { all } = await execa(process.execPath, args, { cwd: root, reject: false, all: true, stdin: 'ignore' });
  for (const line of (all || 'compiled').split('\n')) show(`tsc | ${line}`);
}

/**
 * Compiles services/ after each edit. Node then restarts the apps, because they run with APP_WATCH.
 *
 * @param show called with what the compiler and the apps print: a line after the name of the process
 * @returns a function that ends this
 */
export function watchSources({ processes }: NativeSandbox, show: (line: string) => void): () => void {
  let isWaiting = false;
  let compiling = Promise.resolve();
  const onEdit = () => {
    if (isWaiting) return; // an edit during a compilation is compiled after it
    isWaiting = true;
    compiling = compiling.then(() => {
      isWaiting = false;
      return compile(show);
    });
  };
  const sources = watch(join(root, 'services'), { recursive: true }, onEdit);
  const stops = processes
    .filter(({ plan: { environment } }) => environment.APP_WATCH)
    .map((each) =>
      followLog(each, (line) => {
        if (!line.startsWith('{')) show(`${each.plan.name} | ${line}`); // the log of headers says nothing about an edit
      }),
    );
  show('tsc | waits for edits of services/');
  return () => {
    sources.close();
    for (const stop of stops) stop();
  };
}
