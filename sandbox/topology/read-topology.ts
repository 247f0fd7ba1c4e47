import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ComposeService, readComposeFile } from './compose-file.js';
import type { Environment } from './interpolation.js';

/** @returns docker-compose.yml's services, with loopback where no variable widens a published port */
export async function readTopology(root: string, environment: Environment): Promise<ComposeService[]> {
  const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
  return readComposeFile(text, { ...environment, FRONT_BIND: environment.FRONT_BIND || '127.0.0.1' });
}

/** @returns the port of this machine at which the edge is published; a native run is known by it */
export function frontPortOf(services: readonly ComposeService[]): number {
  return services.flatMap(({ ports }) => ports).find(({ target }) => target === 80)?.port ?? 8000;
}
