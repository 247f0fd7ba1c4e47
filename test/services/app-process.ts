import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';

const MAIN = fileURLToPath(new URL('../../services/main.js', import.meta.url));

/** A child process and what it has written so far. */
export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts a program with exactly `env` and PATH. */
export function run(program: string, args: readonly string[], env: Record<string, string>): Running {
  const child = spawn(program, args, { env: { PATH: process.env.PATH ?? '', ...env } });
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    written.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    written.stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  return { child, ended, stdout: () => written.stdout, stderr: () => written.stderr };
}

/** Starts the service process. */
export function runMain(env: Record<string, string>): Running {
  return run(process.execPath, [MAIN], env);
}

/** Starts the service process on a free port and waits until it listens. */
export async function startMain(env: Record<string, string>): Promise<Running & { readonly url: string }> {
  const running = runMain({ PORT: '0', ...env });
  const address = await eventually('the line that says where the app listens', () => {
    if (running.child.exitCode !== null) throw new Error(`the app ended: ${running.stderr()}`);
    return /listening on (\S+?),/.exec(running.stderr())?.[1];
  });
  return { ...running, url: `http://${address}` };
}
