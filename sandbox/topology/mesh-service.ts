import { isLoopback } from './addresses.js';
import type { ComposeService } from './compose-file.js';
import type { EnvoyFile, EnvoyListener } from './envoy-file.js';

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
  /** The listener that others call. */
  readonly ingress: EnvoyListener;
  readonly app: ServiceApp | undefined;
  readonly environment: ComposeService['environment'];
}

/** Where an Envoy's spans go in the end, possibly through one of its own listeners. */
export interface ReportsTo {
  /** The last cluster of that Envoy on the way to the collector. */
  readonly cluster: string;
  /** The service of docker-compose.yml that collects the spans, and the port on which it takes them. */
  readonly service: string;
  readonly port: number;
}

/** The sandbox's own app, in its image. */
export const shippedApp = '/sandbox/services/main.js';
const defaultAppPort = 8080;

/** @throws Error of one line where docker-compose.yml does not say enough of a service, or its Envoy file does not fit */
export function readService(
  { name, environment }: ComposeService,
  dockerfile: string,
  envoyFile: EnvoyFile,
): MeshService {
  const envoyName = environment.SERVICE_NAME;
  if (!envoyName) throw new Error(`docker-compose.yml: ${name} has no SERVICE_NAME; set it to the name of its spans`);
  const envoy: Reporter = { name: envoyName, service: name, part: 'admin' };
  const ingress = envoyFile.listeners.find(({ host }) => !isLoopback(host));
  if (!ingress)
    throw new Error(`${envoyFile.fileName}: each listener is on loopback; give it one that others can call`);
  const main = environment.APP_MAIN ?? /\bAPP_MAIN=(\S+)/.exec(dockerfile)?.[1];
  const app: ServiceApp = {
    name: `${envoyName}-app`,
    service: name,
    part: 'app',
    port: Number(environment.PORT ?? defaultAppPort),
    path: main === shippedApp ? `/trace/${/\d*$/.exec(envoyName)?.[0]}` : undefined,
    calls: readCalls(name, environment.NEXT_HOP_URL ?? ''),
    isOwn: main !== shippedApp,
  };
  return {
    name,
    environment,
    envoy,
    envoyFile,
    ingress,
    reportsTo: followReports(envoyFile),
    app: main ? app : undefined,
  };
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
