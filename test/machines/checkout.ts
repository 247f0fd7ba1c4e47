import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { cache, root } from '../../sandbox/cli/project.js';

/**
 * Makes a clone as another user may have it: under umask 077, with core.autocrlf, in a folder with spaces and non-ASCII
 * letters, with a `.env`. It uses the packages and the build of this checkout. It does not have what is not committed.
 *
 * @param crlf whether an editor has given its files CRLF line ends
 */
export async function cloneElsewhere(t: TestContext, dotEnv: string, crlf = false): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'machines-'));
  t.after(() => rm(scratch, { recursive: true, force: true }));
  const clone = join(scratch, 'Größe 沙箱 (1)');
  await execa('bash', ['-c', 'umask 077; git clone --quiet -c core.autocrlf=true "$0" "$1"', root, clone]);
  const { stdout } = await execa('git', ['ls-files', 'services', 'Dockerfile*', '*.y*ml', '*.json'], { cwd: clone });
  for (const file of crlf ? stdout.split('\n').map((name) => join(clone, name)) : []) {
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('\n', '\r\n'));
  }
  await symlink(join(root, 'node_modules'), join(clone, 'node_modules'));
  await utimes(join(clone, 'package-lock.json'), 0, 0); // otherwise the clone would install into this checkout
  await cp(join(root, 'dist'), join(clone, 'dist'), { recursive: true });
  const now = new Date();
  await utimes(join(clone, 'dist/.tsbuildinfo'), now, now);
  await mkdir(join(clone, '.cache'));
  for (const part of (await readdir(cache)).filter((name) => /^(envoy|zipkin)/.test(name))) {
    await symlink(join(cache, part), join(clone, '.cache', part));
  }
  await writeFile(join(clone, '.env'), dotEnv);
  return clone;
}

/** @returns a function that runs a command in a clone, with little in its environment but `more` */
export function commandsIn(clone: string, more: Readonly<Record<string, string>> = {}) {
  const options = { cwd: clone, env: plainEnvironment(more), extendEnv: false, reject: false, all: true } as const;
  return (command: string, ...args: string[]) => execa(command, args, options);
}

/** A terminal's environment with few variables. Those that a test gives override `.env`. */
export function plainEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, LC_ALL: 'C', TERM: 'dumb', ...more };
}
