import { join } from 'node:path';
import { AddressBook, zipkinPort } from './address-book.js';
import { type Address, rewriteEnvironment, rewriteEnvoyAddresses } from './addresses.js';
import { type ComposeService, zipkinIn } from './compose-file.js';
import type { ProcessPlan } from './managed-process.js';
import { envoyFileIn } from './model.js';
import type { PublishedPort } from './published-port.js';

/** The input of a native run. Texts are those of the project's files. */
export interface NativeInput {
  readonly root: string;
  readonly runFolder: string;
  readonly services: readonly ComposeService[];
  /** Dockerfiles and Envoy configurations, by file name. */
  readonly files: ReadonlyMap<string, string>;
  readonly envoyBinary: string;
  /** The folder from `installZipkin`; undefined if `zipkinUrl` names another Zipkin. */
  readonly zipkinFolder: string | undefined;
  readonly zipkinUrl: string | undefined;
  /** More environment for a service, by its name, for example for one of the user's own apps. */
  readonly overrides?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The user's shell. The user's own apps get all of it, because it may configure their tracers. */
  readonly shell?: Readonly<Record<string, string>>;
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

const ingressPort = 80;
const adminPort = 8001;
const appPort = 8080;

function textOf(input: NativeInput, file: string): string {
  const text = input.files.get(file);
  if (text === undefined) throw new Error(`native plan: ${file} was not read`);
  return text;
}

/** @throws Error if the image has none */
export function envoyConfigurationOf(dockerfile: string, context: string): string {
  const file = envoyFileIn(dockerfile, context);
  if (!file) throw new Error('native plan: a Dockerfile copies nothing to /etc/envoy/envoy.yaml');
  return file;
}

function planEnvoyService(input: NativeInput, book: AddressBook, service: ComposeService, dockerfile: string) {
  const hasApp = /\bAPP_MAIN=/.test(dockerfile);
  const configuration = join(input.runFolder, `${service.name}.yaml`);
  const resolve = (address: Address) => book.locate(service.name, address);
  const text = rewriteEnvoyAddresses(textOf(input, envoyConfigurationOf(dockerfile, service.context)), resolve);
  const addresses: ServiceAddresses = {
    ingress: book.url(service.name, ingressPort),
    admin: book.url(service.name, adminPort),
    app: hasApp ? book.url(service.name, appPort) : undefined,
  };
  const app = hasApp && {
    APP_MAIN: join(input.root, 'dist/services/main.js'),
    HOST: '127.0.0.1', // a HOST in the user's shell must not open it to other machines
    PORT: String(resolve({ host: '127.0.0.1', port: appPort }).port),
    NODE_ENV: 'production',
  };
  const isOwn = input.overrides?.[service.name]?.APP_MAIN !== undefined;
  const process: ProcessPlan = {
    name: service.name,
    command: 'bash', // a copy of the checkout may have lost the executable bit
    args: [join(input.root, 'services/start-service')],
    environment: {
      ...(isOwn && input.shell),
      ...rewriteEnvironment(service.environment, resolve),
      ...app,
      TMPDIR: input.runFolder,
      ENVOY_BIN: input.envoyBinary,
      ENVOY_CONFIG: configuration,
      ...input.overrides?.[service.name],
    },
    workingFolder: input.root,
    readyUrls: [`${addresses.admin}/ready`, ...(addresses.app ? [`${addresses.app}/health`] : [])],
  };
  return { process, addresses, isOwn, configuration: [configuration, text] as const };
}

/** @returns the arguments that make Zipkin listen on one address only */
export function zipkinListenArgs({ host, port }: Address): string[] {
  const listen = { ip: host, port, 'protocols[0]': 'http' };
  return Object.entries(listen).map(([name, value]) => `--armeria.ports[0].${name}=${value}`);
}

function planZipkin(service: ComposeService, book: AddressBook, folder: string, runFolder: string): ProcessPlan {
  const address = book.locate(service.name, { host: '127.0.0.1', port: zipkinPort });
  const options = javaOptionsOf(service);
  return {
    name: service.name,
    command: 'java',
    args: [
      ...options,
      `-Djava.io.tmpdir=${runFolder}`,
      '-Xshare:on', // without a usable archive Java then ends, instead of starting slowly
      '-XX:SharedArchiveFile=zipkin.jsa',
      '-jar',
      'zipkin.jar',
      ...zipkinListenArgs(address),
    ],
    environment: { ...service.environment },
    workingFolder: folder,
    readyUrls: [`${book.url(service.name, zipkinPort)}/health`],
  };
}

/** @returns the options of the JAVA_OPTS variable that the image's start script passes on */
export function javaOptionsOf(service: ComposeService): string[] {
  return (service.environment.JAVA_OPTS ?? '').split(' ').filter(Boolean);
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
function requireNative(services: readonly ComposeService[]): void {
  const zipkin = zipkinIn(services);
  for (const service of services) {
    const isProcess = service.dockerfile !== undefined || service === zipkin;
    const [key] = [...service.containerOnly, ...(isProcess ? [] : ['image'])];
    if (!key) continue;
    const instead = "remove it, or run 'docker compose up'";
    throw new Error(`docker-compose.yml: services.${service.name}.${key} cannot be used without Docker; ${instead}`);
  }
}

/**
 * Computes the processes of the topology in docker-compose.yml, without Docker: with the same Envoy configurations and
 * environments. Only the addresses are replaced.
 *
 * @returns processes in the order of the Compose file
 * @throws Error if the files contradict each other
 */
export function planNative(input: NativeInput): NativePlan {
  requireNative(input.services);
  const book = new AddressBook(input.services, input.freePorts, input.zipkinUrl);
  const envoyServices = input.services
    .filter((service) => service.dockerfile)
    .map((service) => planEnvoyService(input, book, service, textOf(input, service.dockerfile ?? '')));
  const zipkin = zipkinIn(input.services);
  const front = input.services.find(({ ports }) => ports.some(({ target }) => target === ingressPort))?.name ?? '';
  const ownZipkin = zipkin && input.zipkinFolder ? [planZipkin(zipkin, book, input.zipkinFolder, input.runFolder)] : [];
  const processes = [...envoyServices.map((each) => each.process), ...ownZipkin];
  return {
    processes,
    stopOrder: stopOrderOf(input.services),
    configurations: new Map(envoyServices.map((each) => each.configuration)),
    published: input.services
      .filter((service) => processes.some(({ name }) => name === service.name))
      .flatMap((service) => service.ports),
    frontUrl: book.url(front, ingressPort),
    adminUrl: book.url(front, adminPort),
    zipkinUrl: input.zipkinUrl ?? book.url(zipkin?.name ?? '', zipkinPort),
    ownApps: envoyServices.flatMap(({ isOwn, process }) => (isOwn ? process.name : [])),
    addresses: Object.fromEntries(envoyServices.map((each) => [each.process.name, each.addresses])),
  };
}
