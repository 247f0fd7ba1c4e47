import type { Address } from './addresses.js';
import type { Model } from './model.js';
import { isThisMachine, urlOf } from './this-machine.js';

/** Runs a Docker command. Its library takes long to load, and a native sandbox does not need it. */
export async function docker(root: string, ...args: readonly string[]) {
  const { execa } = await import('execa');
  return execa('docker', args, { cwd: root, reject: false, stdin: 'ignore' });
}

/** Runs a Docker Compose command in the project's folder. */
export const compose = (root: string, ...args: readonly string[]) => docker(root, 'compose', ...args);

/** @returns the other machine with the Docker that `docker` uses: that of DOCKER_HOST or of the context */
async function otherDockerHost(root: string): Promise<string | undefined> {
  const { stdout, failed } = await docker(root, 'context', 'inspect', '--format', '{{.Endpoints.docker.Host}}');
  const endpoint = stdout?.trim() ?? '';
  if (failed || !/^(tcp|ssh|https?):/.test(endpoint) || !URL.canParse(endpoint)) return undefined;
  const { hostname } = new URL(endpoint.replace(/^\w+:/, 'http:'));
  return isThisMachine(hostname) ? undefined : hostname;
}

async function publishedAddress(root: string, service: string, port = 0): Promise<Address | undefined> {
  const { stdout, failed } = await compose(root, 'port', service, String(port));
  const published = /^(?<host>.+):(?<port>\d+)$/.exec(stdout?.trim() ?? '')?.groups;
  if (failed || !published || published.port === '0') return undefined;
  return { host: published.host?.replace(/^\[(.*)\]$/, '$1') ?? '', port: Number(published.port) };
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
 * @returns the URLs of the running Compose project of this folder; undefined if none runs
 * @throws Error if it runs in the Docker of another machine, and only that machine can reach its ports
 */
export async function publishedUrls(root: string, { front, edge, collector }: Model) {
  const [frontAddress, admin, zipkin] = await Promise.all([
    publishedAddress(root, front.name, edge.port),
    publishedAddress(root, front.name, front.envoyFile.adminPort),
    publishedAddress(root, collector.service, collector.port),
  ]);
  if (!frontAddress || !admin || !zipkin) return undefined;
  const other = await otherDockerHost(root);
  const [frontUrl, zipkinUrl] = [reach(frontAddress, other), reach(zipkin, other)];
  if (!frontUrl || !zipkinUrl) throw forward(frontAddress, zipkin, other);
  return { frontUrl, adminUrl: reach(admin, other) ?? urlOf(admin), zipkinUrl };
}
