import { join } from 'node:path';
import type { ComposeService } from './compose-file.js';
import { type EnvoyFile, type EnvoyListener, readEnvoyFile } from './envoy-file.js';

/** A process that reports spans. */
export interface Reporter {
  /** Its name in Zipkin. */
  readonly name: string;
  /** The service of docker-compose.yml to which it belongs. */
  readonly service: string;
  /** The part of that service with its counters: for an Envoy its admin interface, for an app the app. */
  readonly part: 'admin' | 'app';
}

/** The app behind a sidecar. */
export interface ServiceApp extends Reporter {
  readonly port: number;
  /** The path that it answers; undefined for one of the user's own apps, which may answer any path. */
  readonly path: string | undefined;
  /** The URLs that it calls in parallel before it answers. */
  readonly calls: readonly URL[];
  /** Whether it is one of the user's own apps, whose spans are not known beforehand. */
  readonly isOwn: boolean;
}

/** A service with an Envoy: the front proxy, or an app and its sidecar. */
export interface MeshService {
  readonly name: string;
  readonly envoy: Reporter;
  readonly envoyFile: EnvoyFile;
  /** Undefined if it reports no spans. */
  readonly reportsTo: ReportsTo | undefined;
  /** The listener that other services call. */
  readonly ingress: EnvoyListener | undefined;
  readonly app: ServiceApp | undefined;
}

/** The topology, as docker-compose.yml and the Envoy files describe it. */
export interface Model {
  /** In the order of docker-compose.yml. */
  readonly services: readonly MeshService[];
  /** The front proxy, and its published listener. */
  readonly front: MeshService;
  readonly edge: EnvoyListener;
  /** The service that collects the spans. */
  readonly collector: Pick<ReportsTo, 'service' | 'port'>;
  /** All processes that report spans, the front proxy first. */
  readonly reporters: readonly Reporter[];
  /** The paths that the front proxy routes, in the order of its file. */
  readonly paths: readonly string[];
}

/** The input of the model: services, and the Dockerfiles and Envoy files by name. */
export interface ModelInput {
  readonly services: readonly ComposeService[];
  readonly files: ReadonlyMap<string, string>;
  /** The services with one of the user's own apps, if docker-compose.yml does not say so. */
  readonly ownApps?: readonly string[];
}

/** The sandbox's own app, in its image. */
export const shippedApp = '/sandbox/services/main.js';
const defaultAppPort = 8080;

/**
 * Builds the topology: which services there are, who reports under which name, and which service calls which.
 *
 * @throws Error of one line if the files contradict each other
 */
export function buildModel(input: ModelInput): Model {
  const services = input.services.flatMap((service) => readService(service, input));
  const edges = services.flatMap((front) => {
    const published = input.services.find(({ name }) => name === front.name)?.ports ?? [];
    const edge = front.envoyFile.listeners.find(({ port }) => published.some(({ target }) => target === port));
    return edge ? [{ front, edge }] : [];
  });
  const [first] = edges;
  if (!first) throw new Error("docker-compose.yml publishes no listener of an Envoy; give the front's service a port");
  const { front, edge } = first;
  const ordered = [front, ...services.filter((service) => service !== front)];
  const collector = ordered.flatMap(({ reportsTo }) => reportsTo ?? [])[0];
  if (!collector) throw new Error(`${front.envoyFile.fileName}: no listener has a tracer; give one a tracer`);
  return {
    services,
    front,
    edge,
    collector,
    reporters: ordered.flatMap(({ envoy, app }) => (app ? [envoy, app] : [envoy])),
    paths: edge.exactPaths,
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

function readService(service: ComposeService, { files, ownApps = [] }: ModelInput): MeshService[] {
  const { name, dockerfile: dockerfileName, environment } = service;
  const dockerfile = dockerfileName && files.get(dockerfileName);
  if (!dockerfile) return [];
  const fileName = envoyFileIn(dockerfile, service.context);
  if (!fileName) return [];
  const envoyFile = readEnvoyFile(files.get(fileName) ?? '', fileName);
  const envoyName = environment.SERVICE_NAME;
  if (!envoyName) throw new Error(`docker-compose.yml: ${name} has no SERVICE_NAME; set it to the name of its spans`);
  const envoy: Reporter = { name: envoyName, service: name, part: 'admin' };
  const main = environment.APP_MAIN ?? /\bAPP_MAIN=(\S+)/.exec(dockerfile)?.[1];
  const ingress = envoyFile.listeners.find(({ host }) => !isLoopback(host));
  const mesh = { name, envoy, envoyFile, ingress, reportsTo: followReports(envoyFile) };
  if (!main) return [{ ...mesh, app: undefined }];
  const isOwn = main !== shippedApp || ownApps.includes(name);
  const app: ServiceApp = {
    name: `${envoyName}-app`,
    service: name,
    part: 'app',
    port: Number(environment.PORT ?? defaultAppPort),
    path: isOwn ? undefined : `/trace/${/\d*$/.exec(envoyName)?.[0]}`,
    calls: readCalls(name, environment.NEXT_HOP_URL ?? ''),
    isOwn,
  };
  return [{ ...mesh, app }];
}

function readCalls(service: string, urls: string): URL[] {
  return urls
    .split(' ')
    .filter(Boolean)
    .map((url) => {
      if (URL.canParse(url)) return new URL(url);
      throw new Error(
        `docker-compose.yml: NEXT_HOP_URL of ${service}: '${url}' is not a URL; write http://HOST:PORT/PATH`,
      );
    });
}

/** Where an Envoy's spans go in the end, possibly through one of its own listeners. */
export interface ReportsTo {
  /** The last cluster of that Envoy on the way to the collector. */
  readonly cluster: string;
  /** The service of docker-compose.yml that collects the spans, and the port on which it takes them. */
  readonly service: string;
  readonly port: number;
}

function followReports({ listeners, clusters }: EnvoyFile): ReportsTo | undefined {
  const seen = new Set<string>();
  let cluster = listeners.find(({ tracer }) => tracer)?.tracer?.collectorCluster;
  while (cluster !== undefined && !seen.has(cluster)) {
    seen.add(cluster);
    const [address] = clusters.get(cluster) ?? [];
    if (address && !isLoopback(address.host)) return { cluster, service: address.host, port: address.port };
    const listener = listeners.find(({ port }) => port === address?.port);
    cluster = listener?.route({ host: 'localhost', path: '/api/v2/spans' }).cluster;
  }
  return undefined;
}

/** @returns whether a host in an Envoy file or in an app's environment is the service's own container */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.');
}
