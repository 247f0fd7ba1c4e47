import { isLoopback } from './addresses.js';
import type { EnvoyListener } from './envoy-file.js';
import type { MeshService, Reporter, ServiceApp } from './mesh-service.js';
import type { Model } from './model.js';
import { NotUnderstood, type RoutedRequest } from './routes.js';

/** A process that a request passes, and where it sends the request. */
export interface Hop {
  readonly reporter: Reporter;
  /** An Envoy's listener; undefined for an app. */
  readonly listener: EnvoyListener | undefined;
  /** Undefined for an Envoy. */
  readonly app: ServiceApp | undefined;
  /** One for each attempt to forward the request if nothing fails. The calls of an app are parallel. */
  readonly calls: readonly Call[];
}

/** A call of a hop. `to` is undefined if the called server is not part of the topology. */
export interface Call {
  /** For an Envoy the cluster, for an app the host and port to which it sends the request. */
  readonly destination: string;
  readonly to: Hop | undefined;
}

/** The way of a request through the topology, or why it is not known beforehand. */
export type Way = { readonly hop: Hop } | { readonly hop: undefined; readonly why: string };

/**
 * Follows a GET request from the front proxy through routes, clusters, apps and their calls.
 *
 * @param path with or without a query
 */
export function wayOf(model: Model, path: string): Way {
  const { front, edge } = model;
  try {
    const request = { host: 'localhost', path };
    const taken = edge.route(request);
    if (taken.cluster === undefined) {
      return { hop: undefined, why: `${front.envoy.name} itself answers ${path}, with ${taken.status}` };
    }
    return { hop: new Walk(model).enter(front, edge, request, []) };
  } catch (error) {
    if (error instanceof NotUnderstood) return { hop: undefined, why: error.message };
    throw error;
  }
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** The Host header. */
  readonly authority: string;
}

/** `above`: the hops that the request has passed, as `service:port/path`. */
class Walk {
  constructor(private readonly model: Model) {}

  enter(service: MeshService, listener: EnvoyListener, request: RoutedRequest, above: readonly string[]): Hop {
    const taken = listener.route(request);
    const hop = { reporter: service.envoy, listener, app: undefined };
    if (taken.cluster === undefined) return { ...hop, calls: [] };
    const [address] = service.envoyFile.clusters.get(taken.cluster) ?? [];
    if (!address) throw new NotUnderstood(`${service.envoyFile.fileName}: cluster ${taken.cluster} has no address`);
    const to = this.#arrive(service, { ...address, path: taken.path, authority: request.host }, above);
    return { ...hop, calls: [{ destination: taken.cluster, to }] };
  }

  /** Finds the listener at an address, as `from` sees it. */
  #arrive(from: MeshService, { host, port, path, authority }: Target, above: readonly string[]): Hop | undefined {
    const service = isLoopback(host) ? from : this.model.services.find(({ name }) => name === host);
    if (!service) return undefined;
    const here = `${service.name}:${port}${path}`;
    if (above.includes(here)) throw new NotUnderstood(`the calls of ${service.name} form a circle`);
    const passed = [...above, here];
    const listener = service.envoyFile.listeners.find((each) => each.port === port);
    if (listener) return this.enter(service, listener, { host: authority, path }, passed);
    const { app } = service;
    return app && app.port === port ? this.#serve(service, app, path, passed) : undefined;
  }

  #serve(service: MeshService, app: ServiceApp, path: string, above: readonly string[]): Hop {
    const answers = app.path === undefined || app.path === path.split('?', 1)[0];
    const calls = (answers ? app.calls : []).map(({ hostname, port, pathname, search, host }): Call => {
      const target = { host: hostname, port: Number(port || 80), path: pathname + search, authority: host };
      return { destination: host, to: this.#arrive(service, target, above) };
    });
    return { reporter: app, listener: undefined, app, calls };
  }
}
