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
  /** These URLs answer 200 when the process is ready. */
  readonly readyUrls: readonly string[];
}

export interface ManagedProcess {
  readonly plan: ProcessPlan;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when it has ended, with how it ended: "code 1" or "SIGKILL". */
  readonly ended: Promise<string>;
  /** Ends it: SIGTERM, and after `seconds` SIGKILL to everything that is left of it. */
  stop(seconds: number): Promise<void>;
  /** Sends SIGKILL to all of it at once. */
  kill(): void;
}

const inherited = /^(PATH|HOME|USER|LOGNAME|SHELL|TZ|TMPDIR|JAVA_HOME|LD_LIBRARY_PATH)$/;

/**
 * @returns the variables that the sandbox's processes get from the shell: PATH and the like. Other variables would
 *   change what a process does, and a container does not get them either. The locale is UTF-8, because in other locales
 *   Java finds no folder with an ö in its name
 */
export function inheritedEnvironment(environment = process.env): Record<string, string> {
  const kept = Object.entries(environment).flatMap(([name, value]) =>
    value && inherited.test(name) ? [[name, value] as const] : [],
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C.UTF-8' };
}

const stackFrame = /^\s+(at |\.\.\. \d+ more)/;

/**
 * The last lines of a process's log, for the one line of an error. It leaves out stack frames, and what the other
 * process of start-service printed after the first one ended.
 */
export function lastLogLines(logFile: string, count = 6): string {
  const lines = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.trim() && !stackFrame.test(line));
  const told = lines.findLastIndex((line) => line.startsWith('start-service: ')) + 1 || lines.length;
  const last = lines.slice(0, told).slice(-count);
  return last.map((line) => line.trim()).join(' | ') || '(it printed nothing)';
}

/** @returns whether the process exists; also true if it belongs to another user */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** @returns whether a folder of PATH has the command */
export function isInstalled(command: string): Promise<boolean> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return Promise.any(folders.map((folder) => access(join(folder, command), constants.X_OK))).then(
    () => true,
    () => false,
  );
}

/**
 * @returns the same command, which then ends when this process dies, also by SIGKILL; Linux only (util-linux)
 * @see prctl(2), PR_SET_PDEATHSIG
 */
export async function endingWithThis(command: string, args: readonly string[]): Promise<[string, ...string[]]> {
  return (await isInstalled('setpriv')) ? ['setpriv', '--pdeathsig', 'TERM', command, ...args] : [command, ...args];
}

/**
 * Starts a process in its own session, so a Ctrl-C in the terminal reaches only this process. Both outputs go to a log
 * file.
 *
 * @throws Error if the command cannot be started
 */
export async function startProcess(plan: ProcessPlan, logFile: string): Promise<ManagedProcess> {
  const log = openSync(logFile, 'a');
  const [command, ...args] = await endingWithThis(plan.command, plan.args);
  const child = spawn(command, args, {
    cwd: plan.workingFolder,
    env: { ...inheritedEnvironment(), ...plan.environment },
    stdio: ['ignore', log, log],
    detached: true,
  });
  const { pid } = child;
  let isRunning = pid !== undefined;
  const killGroup = () => {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      isRunning = false;
      killGroup();
      resolve(signal ?? `code ${code}`);
    });
    child.once('error', (error) => resolve(error.message));
  });
  if (pid === undefined) throw new Error(`${plan.name}: '${command}' could not be started: ${await ended}`);
  const kill = () => {
    if (isRunning) killGroup();
  };
  const stop = async (seconds: number) => {
    child.kill('SIGTERM');
    const timer = setTimeout(kill, seconds * 1000);
    await ended;
    clearTimeout(timer);
  };
  return { plan, pid, logFile, ended, stop, kill };
}
