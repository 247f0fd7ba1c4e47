import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. This file runs from `dist/sandbox/cli/`. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** The folder for downloads and for the files of runs. SANDBOX_CACHE changes it. It is not in git. */
export const cache = process.env.SANDBOX_CACHE || join(root, '.cache');
