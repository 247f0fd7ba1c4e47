import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface ProcessPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingFolder: string;
  /** Answer 200 once it serves. */
  readonly readyUrls: readonly string[];
}

export interface ManagedProcess {
  readonly plan: ProcessPlan;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when it has ended, with how: "code 1" or "SIGKILL". */
  readonly ended: Promise<string>;
  /** Ends it: SIGTERM, and SIGKILL to all that is left of it after `seconds`. */
  stop(seconds: number): Promise<void>;
}

/** The last lines of a process's log, for an error's one line. */
export function lastLogLines(logFile: string, count = 3): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join(' | ');
}

/**
 * The command that makes a process end when this one dies, SIGKILL included; Linux only (util-linux).
 * @see prctl(2), PR_SET_PDEATHSIG
 */
async function withParent(): Promise<readonly string[]> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = await Promise.any(
    folders.map((folder) => access(join(folder, 'setpriv'), constants.X_OK).then(() => true)),
  ).catch(() => false);
  return found ? ['setpriv', '--pdeathsig', 'TERM'] : [];
}

/**
 * Starts a process in a session of its own, so that a terminal's Ctrl-C reaches only the one who
 * started it, with both its outputs in a log file.
 *
 * @throws Error where the command cannot be started
 */
export async function startProcess(plan: ProcessPlan, logFile: string): Promise<ManagedProcess> {
  const log = openSync(logFile, 'a');
  const [command = plan.command, ...args] = [...(await withParent()), plan.command, ...plan.args];
  const child = spawn(command, args, {
    cwd: plan.workingFolder,
    env: { ...process.env, ...plan.environment },
    stdio: ['ignore', log, log],
    detached: true,
  });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${plan.name}: '${command}' could not be started: ${await ended}`);
  const stop = async (seconds: number) => {
    child.kill('SIGTERM');
    const killGroup = setTimeout(() => process.kill(-pid, 'SIGKILL'), seconds * 1000);
    await ended;
    clearTimeout(killGroup);
  };
  return { plan, pid, logFile, ended, stop };
}
