import { buildModel, type Model } from './model.js';
import { readFiles, readTopology } from './read-topology.js';

/**
 * Reads the model from docker-compose.yml, the Dockerfiles and the Envoy files. A file that COMPOSE_FILE adds is not
 * read. It may add parts, but no service with an Envoy.
 *
 * @param root the project's root
 * @param environment the variables in docker-compose.yml
 * @param ownApps the services with one of the user's own apps
 * @throws Error of one line if a file cannot be read, or if the files contradict each other
 */
export async function readModel(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
  ownApps: readonly string[] = [],
): Promise<Model> {
  const services = await readTopology(root, environment);
  return buildModel({ services, files: await readFiles(root, services), ownApps });
}
