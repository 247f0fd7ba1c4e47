import { join } from 'node:path';
import type { ComposeService } from './compose-file.js';
import { type EnvoyFile, type EnvoyListener, readEnvoyFile } from './envoy-file.js';
import { type MeshService, type Reporter, type ReportsTo, readService } from './mesh-service.js';

/** The topology, as docker-compose.yml and the Envoy files describe it. */
export interface Model {
  /** All services of docker-compose.yml, in its order. */
  readonly composed: readonly ComposeService[];
  /** Those with an Envoy. */
  readonly services: readonly MeshService[];
  /** The front proxy, its published listener, and the port of this machine at which it is published. */
  readonly front: MeshService;
  readonly edge: EnvoyListener;
  readonly frontPort: number;
  /** The service that collects the spans. */
  readonly collector: Pick<ReportsTo, 'service' | 'port'> & Pick<ComposeService, 'environment' | 'image'>;
  /** All processes that report spans, the front proxy first. */
  readonly reporters: readonly Reporter[];
  /** The first path that the front proxy routes. A command requests it unless it is told another one. */
  readonly firstPath: string;
}

/**
 * Builds the topology: which services there are, who reports under which name, and which service calls which.
 *
 * @param composed docker-compose.yml's services
 * @param files the Dockerfiles and Envoy files, by name
 * @throws Error of one line if the files contradict each other
 */
export function buildModel(composed: readonly ComposeService[], files: ReadonlyMap<string, string>): Model {
  const read = new Map<string, EnvoyFile>();
  const envoyFileOf = (name: string): EnvoyFile => {
    const file = read.get(name) ?? readEnvoyFile(files.get(name) ?? '', name);
    read.set(name, file);
    return file;
  };
  const services = composed.flatMap((service) => {
    const dockerfile = files.get(service.dockerfile ?? '');
    const fileName = dockerfile && envoyFileIn(dockerfile, service.context);
    return fileName ? [readService(service, dockerfile, envoyFileOf(fileName))] : [];
  });
  return connect(composed, services);
}

/** @returns the same topology with the user's own apps in some services, if docker-compose.yml does not say so */
export function withOwnApps({ composed, services }: Model, ownApps: readonly string[]): Model {
  const replaced = services.map((service) => {
    const { name, app } = service;
    return app && ownApps.includes(name) ? { ...service, app: { ...app, path: undefined, isOwn: true } } : service;
  });
  return connect(composed, replaced);
}

/** Whether the app of a service is the user's own. Such an app may answer any path, so it is asked for /health alone. */
export function hasOwnApp({ services }: Pick<Model, 'services'>, service: string): boolean {
  return services.some(({ name, app }) => name === service && app?.isOwn === true);
}

function connect(composed: readonly ComposeService[], services: readonly MeshService[]): Model {
  const [published] = services.flatMap((front) => {
    const ports = composed.find(({ name }) => name === front.name)?.ports ?? [];
    return front.envoyFile.listeners.flatMap((edge) => {
      const found = ports.find(({ target }) => target === edge.port);
      return found ? [{ front, edge, frontPort: found.port }] : [];
    });
  });
  if (!published)
    throw new Error("docker-compose.yml publishes no listener of an Envoy; give the front's service a port");
  const { front, edge } = published;
  const ordered = [front, ...services.filter((service) => service !== front)];
  const reportsTo = ordered.flatMap((service) => service.reportsTo ?? [])[0];
  if (!reportsTo) throw new Error(`${front.envoyFile.fileName}: no listener has a tracer; give one a tracer`);
  const { service, port } = reportsTo;
  const { environment = {}, image } = composed.find(({ name }) => name === service) ?? {};
  return {
    ...published,
    composed,
    services,
    collector: { service, port, environment, image },
    reporters: ordered.flatMap(({ envoy, app }) => (app ? [envoy, app] : [envoy])),
    firstPath: edge.exactPaths[0] ?? '/',
  };
}

/**
 * @param context the folder from which the image is built
 * @returns the file that becomes /etc/envoy/envoy.yaml in the image; undefined if there is no Envoy
 */
export function envoyFileIn(dockerfile: string, context: string): string | undefined {
  const file = /^COPY (?:--\S+ +)*(?<file>\S+) \/etc\/envoy\/envoy\.yaml$/m.exec(dockerfile)?.groups?.file;
  return file && join(context, file);
}
