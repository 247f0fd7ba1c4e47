import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask as askUrl } from './ask.js';
import { docker, listContainers, publishedUrls } from './compose-project.js';
import type { Environment } from './interpolation.js';
import { type Model, withOwnApps } from './model.js';
import type { ServiceAddresses } from './native-plan.js';
import { readModel } from './read-model.js';
import { type RunRecord, readRunRecord, runFolderOf } from './run-record.js';

/** A listening part of a service that only its own machine or container can reach. */
export type InnerPart = keyof ServiceAddresses;

/** A running sandbox, seen from outside. */
export interface RunningSandbox {
  readonly mode: 'native' | 'compose';
  readonly model: Model;
  readonly frontUrl: string;
  readonly adminUrl: string;
  readonly zipkinUrl: string;
  /**
   * Sends a request to an inner part of a service.
   *
   * @returns the body of the answer
   * @throws Error if the service does not run or does not answer 200
   */
  ask(service: string, part: InnerPart, path: string, method?: 'GET' | 'POST'): Promise<string>;
  /** @returns the words before a command that run it where it can reach the inner parts of a service */
  inside(service: string): readonly string[];
  /**
   * @returns the address of an inner part of a service there, `host:port`
   * @throws Error if the service has no such part
   */
  address(service: string, part: InnerPart): string;
  /** @returns everything that the processes of a service have printed so far */
  log(service: string): Promise<string>;
}

const hasNo = (service: string, part: InnerPart) => new Error(`${service} has no ${part} in this sandbox`);

function nativeSandbox(record: RunRecord, model: Model, runFolder: string): RunningSandbox {
  const { frontUrl, adminUrl, zipkinUrl, addresses } = record;
  const partUrl = (service: string, part: InnerPart) => {
    const url = addresses[service]?.[part];
    if (!url) throw hasNo(service, part);
    return url;
  };
  return {
    mode: 'native',
    model,
    frontUrl,
    adminUrl,
    zipkinUrl,
    async ask(service, part, path, method = 'GET') {
      const { status, body } = await askUrl(`${partUrl(service, part)}${path}`, { method, ms: 5000 });
      if (status !== 200) throw new Error(`${service}'s ${part} answered ${status} to ${method} ${path}`);
      return body;
    },
    inside: () => [],
    address: (service, part) => new URL(partUrl(service, part)).host,
    log: (service) => readFile(join(runFolder, `${service}.log`), 'utf8'),
  };
}

function addressInContainer({ services }: Model, service: string, part: InnerPart): string {
  const { envoyFile, app, ingress } = services.find(({ name }) => name === service) ?? {};
  const port = { admin: envoyFile?.adminPort, app: app?.port, ingress: ingress?.port }[part];
  if (port === undefined) throw hasNo(service, part);
  return `127.0.0.1:${port}`;
}

async function composeSandbox(root: string, fromFiles: Model): Promise<RunningSandbox | undefined> {
  const containers = await listContainers(root);
  const urls = await publishedUrls(root, containers, fromFiles);
  if (!urls) return undefined;
  const ownApps = containers.flatMap(({ service, isOwn }) => (isOwn ? service : []));
  const model = withOwnApps(fromFiles, ownApps);
  const address = (service: string, part: InnerPart) => addressInContainer(model, service, part);
  // Not `docker compose exec`, because Compose reads its files again each time, which takes twice as long.
  const names = new Map(containers.map(({ service, name }) => [service, name]));
  const containerOf = (service: string) => names.get(service) ?? ''; // Docker refuses a command with an empty name
  return {
    mode: 'compose',
    model,
    ...urls,
    async ask(service, part, path, method = 'GET') {
      const probe = ['timeout', '5', 'http-probe', method, address(service, part), path];
      const { stdout, failed } = await docker(root, 'exec', containerOf(service), ...probe);
      if (failed) throw new Error(`${service}'s ${part} did not answer 200 to ${method} ${path}`);
      return stdout;
    },
    inside: (service) => ['docker', 'exec', containerOf(service)],
    address,
    async log(service) {
      const { stdout, stderr, failed } = await docker(root, 'logs', containerOf(service));
      if (failed) throw new Error(`the log of ${service} cannot be read: 'docker logs' failed`);
      return `${stdout}\n${stderr}`;
    },
  };
}

/**
 * Finds the running sandbox: the native one whose front proxy listens on FRONT_PORT, otherwise the Compose project of
 * this folder. Its model comes from docker-compose.yml and the Envoy files as they are now.
 *
 * @param root the project's root
 * @throws Error if neither runs, or if the files contradict each other
 */
export async function findSandbox(root: string, cache: string, environment: Environment): Promise<RunningSandbox> {
  const model = await readModel(root, environment);
  const runFolder = runFolderOf(cache, model.frontPort);
  const record = await readRunRecord(runFolder);
  if (record) return nativeSandbox(record, withOwnApps(model, record.ownApps), runFolder);
  const inCompose = await composeSandbox(root, model);
  if (inCompose) return inCompose;
  const start = "start one with 'npm start' or 'docker compose up --build -d'";
  throw new Error(
    `no sandbox runs on port ${model.frontPort}; ${start}, or set FRONT_PORT to the port of one that runs`,
  );
}
