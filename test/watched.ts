import assert from 'node:assert/strict';
import { execa } from 'execa';
import { root } from '../sandbox/cli/project.js';
import { waitFor } from '../sandbox/topology/wait.js';

const launch = ([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv, cwd = root) =>
  execa(command, args, {
    cwd,
    env,
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'pipe',
    timeout: 300_000,
    forceKillAfterDelay: false,
  });

/** A process that a test watches from outside. */
export interface Watched {
  readonly process: ReturnType<typeof launch>;
  /** Everything that it has printed so far. */
  printed(): string;
}

/** Starts a command with exactly `env` in a folder, by default this checkout. */
export function watch(command: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Watched {
  const running = launch(command, env, cwd);
  let printed = '';
  running.all.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  return { process: running, printed: () => printed };
}

/** Waits until a process has printed something. */
export async function untilPrinted(run: Watched, text: string | RegExp): Promise<void> {
  const attempt = async () => {
    assert.equal(run.process.exitCode ?? undefined, undefined, run.printed());
    assert.ok(new RegExp(text).test(run.printed()), run.printed().slice(-300));
  };
  await waitFor(`'${text}'`, attempt, { seconds: 200, everyMs: 50 });
}

/** Waits up to ten seconds until `holds` gives true. */
export const until = (what: string, holds: () => boolean | Promise<boolean>) =>
  waitFor(what, async () => assert.ok(await holds()), { seconds: 10, everyMs: 10 });
