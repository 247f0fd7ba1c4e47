import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { endingWithThis, inheritedEnvironment, isAlive, isInstalled } from './managed-process.js';

/** @returns whether the file or folder can be read, or used as `mode` says (`access(2)`) */
export const exists = (path: string, mode = constants.R_OK) =>
  access(path, mode).then(
    () => true,
    () => false,
  );

/** @returns a file's SHA-256 in lower hex */
export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/**
 * @param instead what the user can do about it, for the error
 * @throws Error if the file has another SHA-256
 */
export async function requireSha256(path: string, expected: string, instead: string): Promise<void> {
  const actual = await sha256(path);
  if (actual === expected) return;
  const seen = `its SHA-256 is ${actual}, expected ${expected}`;
  throw new Error(`${basename(path)}: ${seen}; the download is damaged or was replaced, so it is not kept; ${instead}`);
}

/** A tool that installs something. */
export interface Tool {
  /** The thing to install, as an error begins. */
  readonly what: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What the user can do if the tool fails or is missing. */
  readonly instead: string;
  /** The folder in which it runs. Default: the current one. */
  readonly folder?: string;
  /** It is ended after this time. Default: five minutes. */
  readonly longestMs?: number;
  /** Called with each line that it prints. */
  readonly onOutput?: (line: string) => void;
}

/**
 * Runs a tool to its end. The tool ends with this process, however that ends.
 *
 * @returns what it printed
 * @throws Error with its last lines if it is not installed, fails, or takes too long; the signal's reason when aborted
 */
export async function runTool(tool: Tool, signal?: AbortSignal): Promise<string> {
  const { what, command, args, instead, folder, longestMs = 300_000, onOutput } = tool;
  const isThere = isAbsolute(command) || (await isInstalled(command));
  if (!isThere) throw new Error(`${what}: '${command}' is not installed; ${instead}`);
  const [file, ...fileArgs] = await endingWithThis(command, args);
  const { execa } = await import('execa'); // 60 ms, which a start that installs nothing does without
  const running = execa(file, fileArgs, {
    ...(folder && { cwd: folder }),
    ...(command === 'java' && { env: inheritedEnvironment(), extendEnv: false }), // as Zipkin will have it
    ...(signal && { cancelSignal: signal }),
    stdin: 'ignore',
    all: true,
    timeout: longestMs,
    reject: false,
  });
  if (onOutput) createInterface({ input: running.all }).on('line', onOutput);
  const { all, failed, timedOut, exitCode, signal: killed } = await running;
  signal?.throwIfAborted();
  if (!failed) return all;
  if (timedOut) throw new Error(`${what}: '${command}' did not end within ${longestMs / 1000} s; ${instead}`);
  const last = all.split('\n').slice(-3).join(' | ').trim();
  throw new Error(`${what}: '${command}' ended with ${killed ?? `code ${exitCode}`}: ${last}; ${instead}`);
}

/** Removes what killed runs have left beside `target`. */
async function removeLeftovers(target: string): Promise<void> {
  for (const name of await readdir(dirname(target)).catch(() => [])) {
    const pid = name.startsWith(`${basename(target)}.`) && /\.(\d+)\.part$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) await rm(join(dirname(target), name), { recursive: true, force: true });
  }
}

/**
 * Makes a folder if it is missing. It fills another folder beside it and renames that one, so an interrupted run leaves
 * nothing that looks complete. If two runs do this at once, the first one to finish wins.
 *
 * @param fill puts everything into the folder that it is given
 */
export async function makeWhole(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if (await exists(target)) return;
  await removeLeftovers(target);
  const folder = `${target}.${process.pid}.part`;
  await mkdir(folder, { recursive: true });
  try {
    await fill(folder);
    await rename(folder, target).catch(async (error) => {
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
