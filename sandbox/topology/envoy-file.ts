import { parse } from 'yaml';
import type { Address } from './addresses.js';
import { domainFit, matchesRoute, NotUnderstood, type RoutedRequest } from './route-match.js';

/** Where an Envoy sends a request: to a cluster with a path, or nowhere, because it answers itself. */
export type RouteTaken =
  | { readonly cluster: string; readonly path: string }
  | { readonly cluster: undefined; readonly status: number; readonly body: string };

/** How a listener's tracer reports: to which cluster, and whether its SERVER spans share the ids of their callers. */
export interface TracerSettings {
  readonly collectorCluster: string;
  readonly sharesIds: boolean;
}

/** An HTTP listener of an Envoy. */
export interface EnvoyListener {
  readonly name: string;
  /** The name in its counters. */
  readonly statPrefix: string;
  readonly host: string;
  readonly port: number;
  /** Undefined if it makes no spans. */
  readonly tracer: TracerSettings | undefined;
  /** The exact paths that it routes to a cluster, in the file's order. */
  readonly exactPaths: readonly string[];
  /** @throws NotUnderstood if this reader does not understand the rule in the file */
  route(request: RoutedRequest): RouteTaken;
}

/** The listeners and clusters of one Envoy file. */
export interface EnvoyFile {
  readonly fileName: string;
  readonly adminPort: number | undefined;
  readonly listeners: readonly EnvoyListener[];
  /** The addresses of each cluster's endpoints. */
  readonly clusters: ReadonlyMap<string, readonly Address[]>;
}

interface RawAddress {
  readonly socket_address?: { readonly address: string; readonly port_value: number };
}

interface RawRoute {
  readonly name?: string;
  readonly match?: Readonly<Record<string, unknown>>;
  readonly route?: {
    readonly cluster?: string;
    readonly prefix_rewrite?: string;
    readonly regex_rewrite?: unknown;
    readonly path_rewrite_policy?: unknown;
  };
  readonly direct_response?: { readonly status: number; readonly body?: { readonly inline_string?: string } };
}

interface RawVirtualHost {
  readonly domains?: readonly string[];
  readonly routes?: readonly RawRoute[];
}

interface RawConnectionManager {
  readonly stat_prefix?: string;
  readonly tracing?: {
    readonly spawn_upstream_span?: boolean;
    readonly provider?: {
      readonly typed_config?: { readonly collector_cluster?: string; readonly shared_span_context?: boolean };
    };
  };
  readonly route_config?: { readonly virtual_hosts?: readonly RawVirtualHost[] };
}

interface RawBootstrap {
  readonly admin?: { readonly address?: RawAddress };
  readonly static_resources?: {
    readonly listeners?: readonly {
      readonly name?: string;
      readonly address?: RawAddress;
      readonly filter_chains?: readonly {
        readonly filters?: readonly { readonly name: string; readonly typed_config?: RawConnectionManager }[];
      }[];
    }[];
    readonly clusters?: readonly {
      readonly name: string;
      readonly load_assignment?: {
        readonly endpoints?: readonly {
          readonly lb_endpoints?: readonly { readonly endpoint?: { readonly address?: RawAddress } }[];
        }[];
      };
    }[];
  };
}

const connectionManager = 'envoy.filters.network.http_connection_manager';

/**
 * Reads listeners, routes and clusters of an Envoy configuration with static resources.
 *
 * @param text a bootstrap in YAML
 * @param fileName for messages
 * @throws Error of one line if it is another kind of file
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/bootstrap/v3/bootstrap.proto
 */
export function readEnvoyFile(text: string, fileName: string): EnvoyFile {
  try {
    const { admin, static_resources: resources } = parse(text) as RawBootstrap;
    const listeners = (resources?.listeners ?? []).flatMap(({ name, address, filter_chains: chains }) => {
      const filters = (chains ?? []).flatMap((chain) => chain.filters ?? []);
      const http = filters.find((filter) => filter.name === connectionManager)?.typed_config;
      const [socket] = readAddress(address);
      return http && socket ? [readListener(name ?? String(socket.port), socket, http, fileName)] : [];
    });
    const clusters = (resources?.clusters ?? []).map(({ name, load_assignment: load }) => {
      const endpoints = (load?.endpoints ?? []).flatMap(({ lb_endpoints: each }) => each ?? []);
      return [name, endpoints.flatMap(({ endpoint }) => readAddress(endpoint?.address))] as const;
    });
    return { fileName, adminPort: readAddress(admin?.address)[0]?.port, listeners, clusters: new Map(clusters) };
  } catch (error) {
    const [seen] = String(error instanceof Error ? error.message : error).split('\n', 1);
    throw new Error(`${fileName} cannot be read as an Envoy configuration (${seen}); correct it`);
  }
}

function readAddress(address: RawAddress | undefined): Address[] {
  const socket = address?.socket_address;
  return socket ? [{ host: socket.address, port: socket.port_value }] : [];
}

function readListener(name: string, socket: Address, http: RawConnectionManager, fileName: string): EnvoyListener {
  const hosts = http.route_config?.virtual_hosts ?? [];
  const { tracing } = http;
  const { collector_cluster: collectorCluster, shared_span_context: sharesIds = true } =
    tracing?.provider?.typed_config ?? {};
  const tracer = collectorCluster === undefined ? undefined : { collectorCluster, sharesIds };
  const exactPaths = hosts
    .flatMap(({ routes = [] }) => routes)
    .flatMap(({ match, route }) => (route && typeof match?.path === 'string' ? match.path : []));
  const route = (request: RoutedRequest): RouteTaken => {
    try {
      if (tracer && tracing?.spawn_upstream_span !== true) throw new NotUnderstood('spawn_upstream_span is not true');
      return takeRoute(hosts, request);
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      throw new NotUnderstood(`${fileName}, listener ${name}: ${error.message}`);
    }
  };
  return { name, statPrefix: http.stat_prefix ?? '', ...socket, tracer, exactPaths, route };
}

function takeRoute(hosts: readonly RawVirtualHost[], request: RoutedRequest): RouteTaken {
  const fitting = hosts
    .flatMap(({ domains = [], routes = [] }) => {
      const fit = domainFit(domains, request.host);
      return fit === undefined ? [] : [{ fit, routes }];
    })
    .sort((a, b) => b.fit - a.fit);
  const taken = fitting[0]?.routes.find(({ match = {} }) => matchesRoute(match, request));
  if (!taken) return { cluster: undefined, status: 404, body: '' };
  const { direct_response: direct, route, match } = taken;
  if (direct) return { cluster: undefined, status: direct.status, body: direct.body?.inline_string ?? '' };
  const { cluster, prefix_rewrite: rewritten } = route ?? {};
  const prefix = match?.prefix ?? match?.path ?? match?.path_separated_prefix;
  const isClear = route && !route.regex_rewrite && !route.path_rewrite_policy;
  if (!cluster || !isClear || (rewritten !== undefined && typeof prefix !== 'string')) {
    throw new NotUnderstood(`the target of route ${taken.name ?? JSON.stringify(match)} is not understood`);
  }
  const path = rewritten === undefined ? request.path : rewritten + request.path.slice(String(prefix).length);
  return { cluster, path };
}
