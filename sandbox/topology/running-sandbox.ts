import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Address } from './addresses.js';
import { ask as askUrl } from './ask.js';
import { isAlive } from './managed-process.js';
import type { ServiceAddresses } from './native-plan.js';
import { frontPortOf, readTopology } from './read-topology.js';
import { isThisMachine, urlOf } from './this-machine.js';

/** A listening part of a service, which only its own machine or container reaches. */
export type InnerPart = 'admin' | 'app' | 'ingress';

/** A sandbox that somebody started, seen from outside it. */
export interface RunningSandbox {
  readonly mode: 'native' | 'compose';
  readonly frontUrl: string;
  readonly adminUrl: string;
  readonly zipkinUrl: string;
  /**
   * Asks an inner part of a service: `ask('service1', 'admin', '/stats')`.
   *
   * @returns the answer's body
   * @throws Error where the service does not run or does not answer 200
   */
  ask(service: string, part: InnerPart, path: string, method?: 'GET' | 'POST'): Promise<string>;
  /** How to run a command where a service's inner parts can be reached, and where they are there (`host:port`). */
  inside(service: string): {
    readonly command: readonly string[];
    readonly addresses: Readonly<Record<InnerPart, string>>;
  };
  /** @returns all that a service's processes have printed so far */
  log(service: string): Promise<string>;
}

/** What a native run leaves in its folder, so that other commands find it. */
export interface RunRecord {
  readonly pid: number;
  readonly frontUrl: string;
  readonly adminUrl: string;
  readonly zipkinUrl: string;
  readonly addresses: Readonly<Record<string, ServiceAddresses>>;
  /** Process ids by the plan's names; each is the leader of a process group of its own. */
  readonly processes: Readonly<Record<string, number>>;
}

/** @returns the file that describes the native run whose front listens on `frontPort` */
export function runRecordFile(cache: string, frontPort: number): string {
  return join(cache, 'run', String(frontPort), 'sandbox.json');
}

/** @returns the native run on `frontPort`; undefined where none is running */
export async function readRunRecord(cache: string, frontPort: number): Promise<RunRecord | undefined> {
  const text = await readFile(runRecordFile(cache, frontPort), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as RunRecord;
  return isAlive(record.pid) ? record : undefined;
}

function nativeSandbox(record: RunRecord, runFolder: string): RunningSandbox {
  return {
    mode: 'native',
    frontUrl: record.frontUrl,
    adminUrl: record.adminUrl,
    zipkinUrl: record.zipkinUrl,
    async ask(service, part, path, method = 'GET') {
      const base = record.addresses[service]?.[part];
      if (!base) throw new Error(`${service} has no ${part} in this sandbox`);
      const { status, body } = await askUrl(`${base}${path}`, { method, ms: 5000 });
      if (status !== 200) throw new Error(`${service}'s ${part} answered ${status} to ${method} ${path}`);
      return body;
    },
    inside(service) {
      const { admin = '', app = '', ingress = '' } = record.addresses[service] ?? {};
      const hosts = { admin: new URL(admin).host, app: new URL(app).host, ingress: new URL(ingress).host };
      return { command: [], addresses: hosts };
    },
    log: (service) => readFile(join(runFolder, `${service}.log`), 'utf8'),
  };
}

const containerAddresses = { admin: '127.0.0.1:8001', app: '127.0.0.1:8080', ingress: '127.0.0.1:80' };

/** Runs a command of Docker. What does it takes long to load, and a native sandbox does not need it. */
async function docker(root: string, ...args: readonly string[]) {
  const { execa } = await import('execa');
  return execa('docker', args, { cwd: root, reject: false, stdin: 'ignore' });
}

const compose = (root: string, ...args: readonly string[]) => docker(root, 'compose', ...args);

/** @returns the other machine whose Docker `docker` works with: DOCKER_HOST's, or its context's */
async function otherDockerHost(root: string): Promise<string | undefined> {
  const { stdout, failed } = await docker(root, 'context', 'inspect', '--format', '{{.Endpoints.docker.Host}}');
  const endpoint = stdout?.trim() ?? '';
  if (failed || !/^(tcp|ssh|https?):/.test(endpoint) || !URL.canParse(endpoint)) return undefined;
  const { hostname } = new URL(endpoint.replace(/^\w+:/, 'http:'));
  return isThisMachine(hostname) ? undefined : hostname;
}

async function publishedAddress(root: string, service: string, port: number): Promise<Address | undefined> {
  const { stdout, failed } = await compose(root, 'port', service, String(port));
  const published = /^(?<host>.+):(?<port>\d+)$/.exec(stdout?.trim() ?? '')?.groups;
  if (failed || !published || published.port === '0') return undefined;
  return { host: published.host?.replace(/^\[(.*)\]$/, '$1') ?? '', port: Number(published.port) };
}

/** @throws Error where another machine publishes it on its own loopback */
function reach({ host, port }: Address, other: string | undefined): string {
  if (other === undefined) return urlOf({ host, port });
  if (!isThisMachine(host)) return urlOf({ host: ['0.0.0.0', '::'].includes(host) ? other : host, port });
  const tunnel = `ssh -L ${port}:127.0.0.1:${port} ${other}`;
  throw new Error(
    `the sandbox runs in the Docker of ${other}, and port ${port} is open to that machine alone; work there, or run '${tunnel}' and give --url and --zipkin`,
  );
}

async function composeSandbox(root: string): Promise<RunningSandbox | undefined> {
  const [front, admin, zipkin] = await Promise.all([
    publishedAddress(root, 'front-envoy', 80),
    publishedAddress(root, 'front-envoy', 8001),
    publishedAddress(root, 'zipkin', 9411),
  ]);
  if (!front || !admin || !zipkin) return undefined;
  const other = await otherDockerHost(root);
  const [frontUrl, adminUrl, zipkinUrl] = [reach(front, other), reach(admin, other), reach(zipkin, other)];
  return {
    mode: 'compose',
    frontUrl,
    adminUrl,
    zipkinUrl,
    async ask(service, part, path, method = 'GET') {
      const probe = ['timeout', '5', 'http-probe', method, containerAddresses[part], path];
      const { stdout, failed } = await compose(root, 'exec', '-T', service, ...probe);
      if (failed) throw new Error(`${service}'s ${part} did not answer 200 to ${method} ${path}`);
      return stdout;
    },
    inside: (service) => ({
      command: ['docker', 'compose', 'exec', '-T', service],
      addresses: containerAddresses,
    }),
    async log(service) {
      const { stdout, failed } = await compose(root, 'logs', '--no-color', '--no-log-prefix', service);
      if (failed) throw new Error(`the log of ${service} cannot be read: 'docker compose logs' failed`);
      return stdout;
    },
  };
}

/**
 * Finds the sandbox that runs: the native one whose front listens on FRONT_PORT, else the Compose
 * project of this folder.
 *
 * @param root the project's root
 * @throws Error where neither runs
 */
export async function findSandbox(
  root: string,
  cache: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RunningSandbox> {
  const frontPort = frontPortOf(await readTopology(root, environment));
  const record = await readRunRecord(cache, frontPort);
  if (record) return nativeSandbox(record, dirname(runRecordFile(cache, frontPort)));
  const inCompose = await composeSandbox(root);
  if (inCompose) return inCompose;
  const start = "start one with 'npm start' or 'docker compose up --build -d'";
  throw new Error(`no sandbox runs on port ${frontPort}; ${start}, or set FRONT_PORT to the port of one that runs`);
}
