import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { requireSha256, runTool } from './installing.js';

/** A pinned package of a Python index: one version, one wheel. */
export interface PythonPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the wheel, in lower hex. */
  readonly wheel: string;
}

/**
 * Downloads the wheel of a package with pip, verifies it, and unpacks it into a folder. It runs no part of the package
 * and downloads no dependencies.
 *
 * @param what the thing to install, as an error begins
 * @param orElse what the user can do instead of downloading it
 * @throws Error if Python or pip is missing, or the hash differs; the signal's reason when aborted
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/
 */
export async function unpackPythonPackage(
  { name, version, wheel }: PythonPackage,
  folder: string,
  { what, orElse }: { readonly what: string; readonly orElse?: string },
  signal?: AbortSignal,
): Promise<void> {
  const or = orElse === undefined ? '' : `, or ${orElse}`;
  const instead = `install Python 3 with pip${or}`;
  const python = (...args: string[]) => runTool({ what, command: 'python3', args, instead }, signal);
  const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder];
  await python(...download, `${name}==${version}`);
  const file = (await readdir(folder)).find((each) => each.endsWith('.whl'));
  if (!file) throw new Error(`${folder}: no wheel was downloaded`);
  const path = join(folder, file);
  await requireSha256(path, wheel, `start again${or}`);
  await python('-m', 'zipfile', '-e', path, folder);
  await rm(path);
}
