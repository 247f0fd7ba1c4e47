import { chmod, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { cache } from '../../sandbox/cli/project.js';

/** @returns a PATH with one folder below `scratch` that has this machine's tools except some */
export async function pathWithout(scratch: string, ...names: string[]): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'bin-'));
  for (const from of (process.env.PATH ?? '').split(delimiter)) {
    for (const tool of await readdir(from).catch(() => [])) {
      if (!names.includes(tool)) await symlink(join(from, tool), join(folder, tool)).catch(() => undefined);
    }
  }
  return folder;
}

/**
 * @param scripts lines of sh by the name of the tool that they replace, because a test cannot fetch from a network
 * @returns a PATH in which these tools come first
 */
export async function pathWith(scratch: string, scripts: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'bin-'));
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return `${folder}${delimiter}${process.env.PATH}`;
}

/** @returns a test's own cache below `scratch`, with only the parts whose names begin like `parts` */
export async function cacheWith(scratch: string, ...parts: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'cache-'));
  for (const name of await readdir(cache)) {
    const wanted = parts.some((part) => name.startsWith(part)) && !name.endsWith('.part');
    if (wanted) await symlink(join(cache, name), join(folder, name));
  }
  return folder;
}

/** @returns the names of the parts that a cache has */
export const partsIn = async (folder: string) => (await readdir(folder)).filter((name) => /envoy|zipkin/.test(name));

/** @returns a script for `java` that prints its version and then runs no program */
export async function neverReady(): Promise<string> {
  const { stdout: java } = await execa('sh', ['-c', 'command -v java']);
  return `case "$*" in *-version) exec ${java} "$@" ;; esac\necho "still thinking"\nexec sleep 600`;
}
