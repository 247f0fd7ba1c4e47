import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { cache, root } from '../../sandbox/cli/project.js';

/**
 * A clone as another user has it: made under umask 077 with core.autocrlf, in a folder with blanks and letters that are
 * not ASCII, with a `.env`. What is installed and built is this checkout's; what is not committed is not in it.
 *
 * @param crlf whether an editor has given its files CRLF all the same
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
  await utimes(join(clone, 'package-lock.json'), 0, 0); // else the clone would install into this checkout
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

/** A terminal's environment with little in it: what a test gives goes before `.env`. */
export function plainEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, LC_ALL: 'C', TERM: 'dumb', ...more };
}
