import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ComposeService, readComposeFile } from './compose-file.js';
import type { Environment } from './interpolation.js';
import { envoyFileIn } from './model.js';

/** @returns the services of docker-compose.yml; a published port is on loopback unless a variable opens it */
export async function readTopology(root: string, environment: Environment): Promise<ComposeService[]> {
  const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
  return readComposeFile(text, { ...environment, FRONT_BIND: environment.FRONT_BIND || '127.0.0.1' });
}

/** @returns the port of this machine at which the front proxy is published; it identifies a native run */
export function frontPortOf(services: readonly ComposeService[]): number {
  return services.flatMap(({ ports }) => ports).find(({ target }) => target === 80)?.port ?? 8000;
}

/** @returns the Dockerfiles of the services and the Envoy files that they copy, by name */
export async function readFiles(root: string, services: readonly ComposeService[]): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { name, context, dockerfile } of services) {
    if (dockerfile === undefined) continue;
    const text = await readFile(resolve(root, dockerfile), 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new Error(`docker-compose.yml: services.${name}.build: ${dockerfile} cannot be read (${error.code})`);
    });
    files.set(dockerfile, text);
    const envoyFile = envoyFileIn(text, context);
    if (envoyFile) files.set(envoyFile, await readFile(resolve(root, envoyFile), 'utf8'));
  }
  return files;
}
