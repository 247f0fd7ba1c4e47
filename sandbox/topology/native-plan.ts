import { join } from 'node:path';
import { type Address, AddressBook, rewriteEnvironment } from './addresses.js';
import type { ComposeService } from './compose-file.js';
import type { Environment } from './interpolation.js';
import type { ProcessPlan } from './managed-process.js';
import type { MeshService } from './mesh-service.js';
import type { Model } from './model.js';
import type { PublishedPort } from './published-port.js';
import { classArchive, javaOptionsOf, planZipkin } from './zipkin-process.js';

/** The input of a native run. */
export interface NativeInput {
  readonly root: string;
  readonly runFolder: string;
  readonly model: Model;
  readonly envoyBinary: string;
  /** The folder from `installZipkin`; undefined if `zipkinUrl` names another Zipkin. */
  readonly zipkinFolder: string | undefined;
  readonly zipkinUrl: string | undefined;
  /** More environment for a service, by its name, for example for one of the user's own apps. */
  readonly overrides?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The user's shell. The user's own apps get all of it, because it may configure their tracers. */
  readonly shell: Environment;
  /** Free ports for everything that is not published. */
  readonly freePorts: readonly number[];
}

/** The addresses on this machine of one service's parts. */
export interface ServiceAddresses {
  readonly admin: string;
  readonly app: string | undefined;
  readonly ingress: string;
}

export interface NativePlan {
  readonly processes: readonly ProcessPlan[];
  /** Names of processes. The processes of one list end together, one list after the other. */
  readonly stopOrder: readonly (readonly string[])[];
  /** The Envoy configurations to write, by path. */
  readonly configurations: ReadonlyMap<string, string>;
  readonly published: readonly PublishedPort[];
  readonly frontUrl: string;
  readonly adminUrl: string;
  readonly zipkinUrl: string;
  readonly addresses: Readonly<Record<string, ServiceAddresses>>;
  /** The services with one of the user's own apps. */
  readonly ownApps: readonly string[];
}

function planEnvoyService(input: NativeInput, book: AddressBook, service: MeshService) {
  const { name, app } = service;
  const resolve = (address: Address) => book.locate(name, address);
  const configuration = join(input.runFolder, `${name}.yaml`);
  const text = service.envoyFile.withAddresses(resolve, input.root);
  const addresses: ServiceAddresses = {
    ingress: book.url(name, service.ingress.port),
    admin: book.url(name, service.envoyFile.adminPort),
    app: app && book.url(name, app.port),
  };
  const override = input.overrides?.[name];
  const isOwn = override?.APP_MAIN !== undefined;
  const process: ProcessPlan = {
    name,
    command: 'bash', // a copy of the checkout may have lost the executable bit
    args: [join(input.root, 'services/start-service')],
    environment: {
      ...(isOwn && input.shell),
      ...rewriteEnvironment(service.environment, resolve),
      ...(app && {
        APP_MAIN: join(input.root, 'dist/services/main.js'),
        HOST: '127.0.0.1', // a HOST in the user's shell must not open it to other machines
        PORT: String(resolve({ host: '127.0.0.1', port: app.port }).port),
        NODE_ENV: 'production',
      }),
      TMPDIR: input.runFolder,
      ENVOY_BIN: input.envoyBinary,
      ENVOY_CONFIG: configuration,
      ...override,
    },
    workingFolder: input.root,
    readyUrls: [`${addresses.admin}/ready`, ...(addresses.app ? [`${addresses.app}/health`] : [])],
  };
  return { name, process, addresses, isOwn, configuration: [configuration, text] as const };
}

function planOwnZipkin({ model, runFolder, zipkinFolder }: NativeInput, book: AddressBook): ProcessPlan[] {
  if (zipkinFolder === undefined) return [];
  const { service, port, environment } = model.collector;
  const zipkin = planZipkin({
    name: service,
    folder: zipkinFolder,
    // Without a usable archive Java then ends, instead of starting slowly.
    javaOptions: [...javaOptionsOf(model), '-Xshare:on', `-XX:SharedArchiveFile=${classArchive}`],
    environment,
    address: book.locate(service, { host: '127.0.0.1', port }),
    temporaryFolder: runFolder,
  });
  return [zipkin];
}

/** Follows Compose's rule: everything that depends on a service ends before it. */
function stopOrderOf(services: readonly ComposeService[]): string[][] {
  if (services.length === 0) return [];
  const isNeeded = ({ name }: ComposeService) => services.some(({ dependsOn }) => dependsOn.includes(name));
  const last = services.filter((service) => !isNeeded(service));
  if (last.length === 0) throw new Error('native plan: depends_on in docker-compose.yml is circular');
  return [last.map(({ name }) => name), ...stopOrderOf(services.filter(isNeeded))];
}

/** @throws Error that names a service and its key for which no process has the same effect */
function requireNative({ composed, services, collector }: Model): void {
  const processes = new Set([collector.service, ...services.map(({ name }) => name)]);
  for (const { name, containerOnly, image } of composed) {
    const [key] = [...containerOnly, ...(processes.has(name) ? [] : [image ? 'image' : 'build'])];
    if (!key) continue;
    const instead = "remove it, or run 'docker compose up'";
    throw new Error(`docker-compose.yml: services.${name}.${key} cannot be used without Docker; ${instead}`);
  }
}

/** Published ports keep their addresses, and so does another Zipkin. */
function bookOf({ model: { composed, collector }, zipkinUrl, freePorts }: NativeInput): AddressBook {
  const published = composed.flatMap(({ name, ports }) =>
    ports.map(({ bind, port, target }) => [`${name}:${target}`, { host: bind, port }] as const),
  );
  const known = new Map<string, Address>(published);
  if (zipkinUrl) {
    const { hostname, port } = new URL(zipkinUrl);
    known.set(`${collector.service}:${collector.port}`, { host: hostname, port: Number(port || 80) });
  }
  return new AddressBook(known, freePorts);
}

/**
 * Computes the processes of the topology in docker-compose.yml, without Docker: with the same Envoy configurations and
 * environments. Only the addresses are replaced.
 *
 * @returns Envoys and apps in the order of the Compose file, then Zipkin
 * @throws Error if the files contradict each other
 */
export function planNative(input: NativeInput): NativePlan {
  const { composed, services, front, edge, collector } = input.model;
  requireNative(input.model);
  const book = bookOf(input);
  const planned = services.map((service) => planEnvoyService(input, book, service));
  const processes = [...planned.map(({ process }) => process), ...planOwnZipkin(input, book)];
  return {
    processes,
    stopOrder: stopOrderOf(composed),
    configurations: new Map(planned.map(({ configuration }) => configuration)),
    published: composed.flatMap(({ name, ports }) => (processes.some((each) => each.name === name) ? ports : [])),
    frontUrl: book.url(front.name, edge.port),
    adminUrl: book.url(front.name, front.envoyFile.adminPort),
    zipkinUrl: input.zipkinUrl ?? book.url(collector.service, collector.port),
    ownApps: planned.flatMap(({ isOwn, name }) => (isOwn ? name : [])),
    addresses: Object.fromEntries(planned.map(({ name, addresses }) => [name, addresses])),
  };
}
