import { basename, join } from 'node:path';
import { type Document, isMap, isScalar, parseDocument, type Scalar, visit } from 'yaml';
import type { Address, Resolve } from './addresses.js';
import { NotUnderstood, type RoutedRequest, type RouteTaken, takeRoute, type VirtualHost } from './routes.js';

/** An HTTP listener of an Envoy. */
export interface EnvoyListener extends Address {
  readonly name: string;
  /** The name in its counters. */
  readonly statPrefix: string;
  /** The cluster of its reports, and whether its SERVER spans share their callers' ids; undefined if it makes no spans. */
  readonly tracer: { readonly collectorCluster: string; readonly sharesIds: boolean } | undefined;
  /** The exact paths that it routes to a cluster, in the file's order. */
  readonly exactPaths: readonly string[];
  /** @throws NotUnderstood if this reader does not understand the rule in the file */
  route(request: RoutedRequest): RouteTaken;
}

/** The listeners and clusters of one Envoy file. */
export interface EnvoyFile {
  readonly fileName: string;
  readonly adminPort: number;
  readonly listeners: readonly EnvoyListener[];
  /** The addresses of each cluster's endpoints. */
  readonly clusters: ReadonlyMap<string, readonly Address[]>;
  /**
   * @param folder where the files are that the image has in /etc/envoy
   * @returns the text with the real address in each `socket_address`, the real place of each file, and no other change
   */
  withAddresses(resolve: Resolve, folder: string): string;
}

interface RawAddress {
  readonly socket_address?: { readonly address: string; readonly port_value: number };
}

interface RawConnectionManager {
  readonly stat_prefix?: string;
  readonly tracing?: {
    readonly spawn_upstream_span?: boolean;
    readonly provider?: {
      readonly typed_config?: { readonly collector_cluster?: string; readonly shared_span_context?: boolean };
    };
  };
  readonly route_config?: { readonly virtual_hosts?: readonly VirtualHost[] };
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
    const document = parseDocument(text);
    if (document.errors[0]) throw document.errors[0];
    const { admin, static_resources: resources } = document.toJS() as RawBootstrap;
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
    const [adminAddress] = readAddress(admin?.address);
    if (!adminAddress) throw new Error('it has no admin interface');
    const withAddresses = (resolve: Resolve, folder: string) => exchangeAddresses(text, document, resolve, folder);
    return { fileName, adminPort: adminAddress.port, listeners, clusters: new Map(clusters), withAddresses };
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

/** In the text itself, so that its comments and line numbers stay. */
function exchangeAddresses(text: string, document: Document, resolve: Resolve, folder: string): string {
  const places: { readonly from: number; readonly to: number; readonly value: string | number }[] = [];
  const exchange = ({ range }: Scalar, value: string | number) => {
    const [from, to] = range ?? [0, 0];
    places.push({ from, to, value });
  };
  visit(document, {
    Pair(_, { key, value }) {
      if (String(key) === 'filename' && isScalar(value)) exchange(value, join(folder, basename(String(value.value))));
      if (String(key) !== 'socket_address' || !isMap(value)) return;
      const [host, port] = [value.get('address', true), value.get('port_value', true)];
      if (!isScalar(host) || !isScalar(port)) return;
      const resolved = resolve({ host: String(host.value), port: Number(port.value) });
      exchange(host, resolved.host);
      exchange(port, resolved.port);
    },
  });
  const put = (all: string, { from, to, value }: (typeof places)[number]) =>
    all.slice(0, from) + JSON.stringify(value) + all.slice(to);
  return places.reduceRight(put, text);
}
