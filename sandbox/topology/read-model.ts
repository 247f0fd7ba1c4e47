import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readComposeFile } from './compose-file.js';
import type { Environment } from './interpolation.js';
import { buildModel, envoyFileIn, type Model } from './model.js';

/**
 * Reads the model from docker-compose.yml, the Dockerfiles and the Envoy files. A published port is on loopback unless a
 * variable opens it. A file that COMPOSE_FILE adds is not read. It may add parts, but no service with an Envoy.
 *
 * @param root the project's root
 * @param environment the variables in docker-compose.yml
 * @throws Error of one line if a file cannot be read, or if the files contradict each other
 */
export async function readModel(root: string, environment: Environment): Promise<Model> {
  const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
  const composed = readComposeFile(text, { ...environment, FRONT_BIND: environment.FRONT_BIND || '127.0.0.1' });
  const files = new Map<string, string>();
  for (const { name, context, dockerfile } of composed) {
    if (dockerfile === undefined) continue;
    const text = await readFile(resolve(root, dockerfile), 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new Error(`docker-compose.yml: services.${name}.build: ${dockerfile} cannot be read (${error.code})`);
    });
    files.set(dockerfile, text);
    const envoyFile = envoyFileIn(text, context);
    if (envoyFile) files.set(envoyFile, await readFile(resolve(root, envoyFile), 'utf8'));
  }
  return buildModel(composed, files);
}
