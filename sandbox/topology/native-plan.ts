import { join } from 'node:path';
import { AddressBook, zipkinPort } from './address-book.js';
import { type Address, rewriteEnvironment, rewriteEnvoyAddresses } from './addresses.js';
import { type ComposeService, zipkinIn } from './compose-file.js';
import type { ProcessPlan } from './managed-process.js';
import { envoyFileIn } from './model.js';
import type { PublishedPort } from './published-port.js';

/** What a native run is made from; texts as the project's files hold them. */
export interface NativeInput {
  readonly root: string;
  readonly runFolder: string;
  readonly services: readonly ComposeService[];
  /** Dockerfiles and Envoy configurations, by file name. */
  readonly files: ReadonlyMap<string, string>;
  readonly envoyBinary: string;
  /** The folder that `installZipkin` gave; undefined where `zipkinUrl` is somebody else's Zipkin. */
  readonly zipkinFolder: string | undefined;
  readonly zipkinUrl: string | undefined;
  /** More environment for a service, by its name: an app of your own in its place. */
  readonly overrides?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The user's shell: an app of the user's own has it all, with what its tracer is told there. */
  readonly shell?: Readonly<Record<string, string>>;
  /** Free ports for all that is not published. */
  readonly freePorts: readonly number[];
}

/** Where one service's parts are on this machine. */
export interface ServiceAddresses {
  readonly admin: string;
  readonly app: string | undefined;
  readonly ingress: string;
}

export interface NativePlan {
  readonly processes: readonly ProcessPlan[];
  /** Names of processes: those of one list are ended together, one list after the other. */
  readonly stopOrder: readonly (readonly string[])[];
  /** Envoy configurations to be written, by path. */
  readonly configurations: ReadonlyMap<string, string>;
  readonly published: readonly PublishedPort[];
  readonly frontUrl: string;
  readonly adminUrl: string;
  readonly zipkinUrl: string;
  readonly addresses: Readonly<Record<string, ServiceAddresses>>;
  /** The services whose app is the user's own. */
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

/** @throws Error where the image has none */
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
    HOST: '127.0.0.1', // a HOST of the user's shell must not widen it
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
      '-Xshare:on', // without an archive that it can use it ends, instead of starting slowly
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

/** Compose's own rule: whatever depends on a service ends before it does. */
function stopOrderOf(services: readonly ComposeService[]): string[][] {
  if (services.length === 0) return [];
  const isNeeded = ({ name }: ComposeService) => services.some(({ dependsOn }) => dependsOn.includes(name));
  const last = services.filter((service) => !isNeeded(service));
  if (last.length === 0) throw new Error('native plan: depends_on in docker-compose.yml is circular');
  return [last.map(({ name }) => name), ...stopOrderOf(services.filter(isNeeded))];
}

/** @throws Error naming a service, and the key of it, for which there is no process of the same effect */
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
 * Says which processes are the same topology as docker-compose.yml's, without Docker: the same Envoy
 * configurations and environments, with only the addresses exchanged.
 *
 * @returns processes in the order of the Compose file
 * @throws Error where the files do not fit together
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
