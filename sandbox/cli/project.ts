import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder; this file runs from `dist/sandbox/cli/`. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** What is downloaded or made once, and the files of runs; SANDBOX_CACHE puts it elsewhere. Not in git. */
export const cache = process.env.SANDBOX_CACHE || join(root, '.cache');
