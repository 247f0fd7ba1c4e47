import type { Address } from './addresses.js';
import { shippedApp } from './mesh-service.js';
import type { Model } from './model.js';
import { isThisMachine, urlOf } from './this-machine.js';

const longestMs = 20_000;

/** Runs a Docker command. Its library takes long to load, and a native sandbox does not need it. */
export async function docker(root: string, ...args: readonly string[]) {
  const { execa } = await import('execa');
  return execa('docker', args, { cwd: root, reject: false, stdin: 'ignore', timeout: longestMs });
}

/** Runs a Docker Compose command in the project's folder. */
export const compose = (root: string, ...args: readonly string[]) => docker(root, 'compose', ...args);

/** The part of the output of `docker inspect` that this module reads. */
interface Inspected {
  readonly Name: string;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Error: string;
    readonly Health?: { readonly Status: string } | null;
  };
  readonly Config: {
    readonly Env: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly NetworkSettings: {
    readonly Ports: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null;
  };
}

/** A container of this folder's Compose project. */
export interface Container {
  readonly service: string;
  /** Its name in Docker. A container that replaces it has the same. */
  readonly name: string;
  /** `created`, `running`, `exited` and the like. */
  readonly status: string;
  /** `healthy` and the like; undefined without a health check. */
  readonly health: string | undefined;
  readonly exitCode: number;
  /** The reason why Docker could not start it, or nothing. */
  readonly refused: string;
  /** Whether it runs one of the user's own apps, as an added Compose file says. */
  readonly isOwn: boolean;
  /** The published addresses, by the port in the container. */
  readonly published: ReadonlyMap<number, Address>;
}

/**
 * @returns all containers of the Compose project of this folder, without those of `docker compose run`; none if Docker
 *   does not answer
 */
export async function listContainers(root: string): Promise<Container[]> {
  const { stdout: ids, failed } = await compose(root, 'ps', '--all', '--quiet');
  if (failed || !ids) return [];
  const { stdout, failed: isUnread } = await docker(root, 'inspect', ...ids.split('\n'));
  const inspected: readonly Inspected[] = isUnread ? [] : JSON.parse(stdout);
  return inspected.filter(({ Config }) => Config.Labels['com.docker.compose.oneoff'] !== 'True').map(readContainer);
}

function readContainer({ Name: name, State: state, Config: config, NetworkSettings: network }: Inspected): Container {
  const main = config.Env?.find((each) => each.startsWith('APP_MAIN='));
  const published = Object.entries(network.Ports ?? {}).flatMap(([port, addresses]) =>
    (addresses ?? [])
      .slice(0, 1)
      .map(({ HostIp: host, HostPort }) => [Number.parseInt(port, 10), { host, port: Number(HostPort) }] as const),
  );
  return {
    service: config.Labels['com.docker.compose.service'] ?? '',
    name: name.replace(/^\//, ''),
    status: state.Status,
    health: state.Health?.Status,
    exitCode: state.ExitCode,
    refused: state.Error,
    isOwn: main !== undefined && main !== `APP_MAIN=${shippedApp}`,
    published: new Map(published),
  };
}

/** @returns the other machine with the Docker that `docker` uses: that of DOCKER_HOST or of the context */
async function otherDockerHost(root: string): Promise<string | undefined> {
  const { stdout, failed } = await docker(root, 'context', 'inspect', '--format', '{{.Endpoints.docker.Host}}');
  const endpoint = stdout?.trim() ?? '';
  if (failed || !/^(tcp|ssh|https?):/.test(endpoint) || !URL.canParse(endpoint)) return undefined;
  const { hostname } = new URL(endpoint.replace(/^\w+:/, 'http:'));
  return isThisMachine(hostname) ? undefined : hostname;
}

/** @returns the URL of a published port from this machine; undefined if it is on the loopback of another machine */
function reach({ host, port }: Address, other: string | undefined): string | undefined {
  if (other === undefined) return urlOf({ host, port });
  if (['0.0.0.0', '::'].includes(host)) return urlOf({ host: other, port });
  return isThisMachine(host) ? undefined : urlOf({ host, port });
}

/** Says what to do about ports that only another machine can reach. */
function forward(front: Address, zipkin: Address, other: string | undefined): Error {
  const closed = [front, zipkin].filter((each) => !reach(each, other)).map(({ port }) => port);
  const tunnels = closed.map((port) => `-L ${port}:127.0.0.1:${port}`).join(' ');
  const [url, zipkinUrl] = [front, zipkin].map((each) => reach(each, other) ?? `http://127.0.0.1:${each.port}`);
  const seen = `the sandbox runs in the Docker of ${other}, and only that machine reaches port ${closed.join(' and ')}`;
  return new Error(`${seen}; run 'ssh -N ${tunnels} ${other}' and give --url ${url} --zipkin ${zipkinUrl}`);
}

/**
 * @param containers those of the project
 * @returns the URLs of the Compose project; undefined if it does not run
 * @throws Error if it runs in the Docker of another machine, and only that machine can reach its ports
 */
export async function publishedUrls(root: string, containers: readonly Container[], { front, edge, collector }: Model) {
  const addressOf = (service: string, port: number) =>
    containers.find((each) => each.service === service && each.published.has(port))?.published.get(port);
  const frontAddress = addressOf(front.name, edge.port);
  const admin = addressOf(front.name, front.envoyFile.adminPort);
  const zipkin = addressOf(collector.service, collector.port);
  if (!frontAddress || !admin || !zipkin) return undefined;
  const other = await otherDockerHost(root);
  const [frontUrl, zipkinUrl] = [reach(frontAddress, other), reach(zipkin, other)];
  if (!frontUrl || !zipkinUrl) throw forward(frontAddress, zipkin, other);
  return { frontUrl, adminUrl: reach(admin, other) ?? urlOf(admin), zipkinUrl };
}
