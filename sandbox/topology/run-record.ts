import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './managed-process.js';
import type { NativePlan } from './native-plan.js';

/** The file that a native run writes for other commands. */
export interface RunRecord extends Pick<NativePlan, 'frontUrl' | 'adminUrl' | 'zipkinUrl' | 'addresses' | 'ownApps'> {
  readonly pid: number;
  /** Process ids by the names of the plan. Each process leads its own process group. */
  readonly processes: Readonly<Record<string, number>>;
}

/** @returns the folder of the native run whose front proxy listens on `frontPort` */
export const runFolderOf = (cache: string, frontPort: number) => join(cache, 'run', String(frontPort));

const fileName = 'sandbox.json';

/** Writes a record into the folder of its run. A reader never sees a part of it. */
export async function writeRunRecord(folder: string, record: RunRecord): Promise<void> {
  const file = join(folder, fileName);
  await writeFile(`${file}.part`, JSON.stringify(record, null, 2));
  await rename(`${file}.part`, file);
}

/** @returns the record of the run in a folder; undefined if none runs */
export async function readRunRecord(folder: string): Promise<RunRecord | undefined> {
  const text = await readFile(join(folder, fileName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as RunRecord;
  return isAlive(record.pid) ? record : undefined;
}
