import { buildModel, type Model } from './model.js';
import { readFiles, readTopology } from './read-topology.js';

/**
 * Reads the model from docker-compose.yml, the Dockerfiles and the Envoy files. A file that COMPOSE_FILE lays over
 * docker-compose.yml is not read: it may add parts, but no service with an Envoy.
 *
 * @param root the project's root
 * @param environment the variables that docker-compose.yml names
 * @param ownApps the services whose app is the user's own
 * @throws Error of one line where a file cannot be read, or they do not fit together
 */
export async function readModel(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
  ownApps: readonly string[] = [],
): Promise<Model> {
  const services = await readTopology(root, environment);
  return buildModel({ services, files: await readFiles(root, services), ownApps });
}
