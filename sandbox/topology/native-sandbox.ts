import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutCredentials } from './ask.js';
import { type ComposeService, zipkinIn } from './compose-file.js';
import { type InstallOptions, installEnvoy, installZipkin } from './download-parts.js';
import type { Environment } from './interpolation.js';
import { lastLogLines, type ManagedProcess, startProcess } from './managed-process.js';
import { javaOptionsOf, type NativeInput, type NativePlan, planNative } from './native-plan.js';
import { innerPorts, requireFree } from './ports.js';
import { frontPortOf, readFiles, readTopology } from './read-topology.js';
import type { RunRecord } from './running-sandbox.js';
import { fetchText, waitFor } from './wait.js';

/** The parts of a native run. */
export interface NativeParts {
  readonly services: readonly ComposeService[];
  readonly envoyBinary: string;
  readonly zipkinFolder: string | undefined;
  readonly overrides?: NonNullable<NativeInput['overrides']>;
  readonly shell?: NonNullable<NativeInput['shell']>;
}

const unpublishedPorts = 16;

/**
 * @returns the root URL of the Zipkin in ZIPKIN_URL; undefined if that is not set
 * @throws Error if it is not a URL to which both Envoy and the apps can report
 */
export function zipkinOfYourOwn({ ZIPKIN_URL: given }: Environment): string | undefined {
  if (!given) return undefined;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isRoot = url?.protocol === 'http:' && url.href === `${url.origin}/` && !url.hostname.startsWith('[');
  if (url && isRoot) return url.origin;
  const seen = withoutCredentials(given);
  throw new Error(`ZIPKIN_URL: '${seen}' cannot be used; set it to http://HOST:PORT of a running Zipkin, or unset it`);
}

function readySecondsOf({ READY_SECONDS: given }: Environment): number {
  const seconds = Number(given || 60);
  if (seconds > 0 && seconds <= 3600) return seconds;
  throw new Error(`READY_SECONDS: '${given}' is not a time; set a number of seconds, at most 3600`);
}

/** @returns the folder of docker-compose.yml's Zipkin; undefined where ZIPKIN_URL names a Zipkin that runs already */
export async function installZipkinFor(
  services: readonly ComposeService[],
  cache: string,
  environment: Environment,
  options?: InstallOptions,
): Promise<string | undefined> {
  const zipkin = zipkinIn(services);
  if (!zipkin || zipkinOfYourOwn(environment)) return undefined;
  return installZipkin(cache, environment, zipkin.image ?? '', javaOptionsOf(zipkin), options);
}

/** The sandbox as local processes. */
export class NativeSandbox {
  readonly #processes: ManagedProcess[] = [];
  #recorded: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  private constructor(
    readonly plan: NativePlan,
    readonly runFolder: string,
    private readonly readySeconds: number,
  ) {}

  /**
   * Plans a run and checks that its published ports are free. Starts nothing.
   *
   * @param root the project's root
   * @throws Error that names a port in use and the variable that changes it, or a variable with a wrong value
   */
  static async prepare(
    root: string,
    cache: string,
    environment: Environment,
    parts: NativeParts,
  ): Promise<NativeSandbox> {
    const readySeconds = readySecondsOf(environment);
    const published = parts.services.flatMap((service) => service.ports.map(({ port }) => port));
    const runFolder = join(cache, 'run', String(frontPortOf(parts.services)));
    const plan = planNative({
      root,
      runFolder,
      ...parts,
      files: await readFiles(root, parts.services),
      zipkinUrl: zipkinOfYourOwn(environment),
      freePorts: await innerPorts(frontPortOf(parts.services), unpublishedPorts, published),
    });
    await requireFree(plan.published);
    await rm(runFolder, { recursive: true, force: true });
    await mkdir(runFolder, { recursive: true });
    for (const [path, text] of plan.configurations) await writeFile(path, text);
    return new NativeSandbox(plan, runFolder, readySeconds);
  }

  /**
   * Installs what is missing, silently, and prepares a run.
   *
   * @throws Error if a part cannot be installed, and as `prepare` does
   */
  static async install(
    root: string,
    cache: string,
    environment: Environment,
    overrides: NonNullable<NativeInput['overrides']> = {},
  ): Promise<NativeSandbox> {
    const services = await readTopology(root, environment);
    const envoyBinary = await installEnvoy(root, cache, environment);
    const zipkinFolder = await installZipkinFor(services, cache, environment);
    return NativeSandbox.prepare(root, cache, environment, { services, envoyBinary, zipkinFolder, overrides });
  }

  get processes(): readonly ManagedProcess[] {
    return this.#processes;
  }

  /**
   * Starts one process of the plan and waits until it is ready.
   *
   * @throws Error with its last log lines if it ends first, or is not ready within a minute (READY_SECONDS); the
   *   signal's reason when aborted
   */
  async start(name: string, signal?: AbortSignal): Promise<ManagedProcess> {
    const plan = this.plan.processes.find((each) => each.name === name);
    if (!plan) throw new Error(`${name}: no such process in the plan`);
    const started = await startProcess(plan, join(this.runFolder, `${name}.log`));
    this.#processes.push(started);
    if (this.#stopping) {
      await started.stop(10);
      throw new Error(`${name} was not started: the sandbox is being stopped`);
    }
    await this.#record();
    await this.#untilReady(started, signal);
    return started;
  }

  async #untilReady(started: ManagedProcess, signal: AbortSignal | undefined): Promise<void> {
    const { plan, ended, logFile } = started;
    const over = new AbortController();
    const limits = { seconds: this.readySeconds, signal: AbortSignal.any([over.signal, ...(signal ? [signal] : [])]) };
    const ready = plan.readyUrls.map((url) => waitFor(`${plan.name}, ready`, () => fetchText(url), limits));
    const died = ended.then((how) => {
      if (!over.signal.aborted) this.#processes.splice(this.#processes.indexOf(started), 1); // it may be started again
      throw new Error(`${plan.name} ended with ${how} before it was ready: ${lastLogLines(logFile)}`);
    });
    died.catch(() => undefined);
    const notReady = async (error: Error) => {
      signal?.throwIfAborted();
      const printed = `its last lines: ${lastLogLines(logFile)}`;
      throw new Error(`${error.message}; ${printed}; READY_SECONDS sets how long to wait`);
    };
    try {
      await Promise.race([Promise.all(ready).catch(notReady), died]);
    } finally {
      over.abort();
    }
  }

  /**
   * Writes a file for other commands with the addresses of this run. The writes come one after the other, and each is
   * complete when a reader sees it.
   */
  #record(): Promise<void> {
    this.#recorded = this.#recorded.then(() => this.#writeRecord());
    return this.#recorded;
  }

  async #writeRecord(): Promise<void> {
    const { frontUrl, adminUrl, zipkinUrl, addresses, ownApps } = this.plan;
    const processes = Object.fromEntries(this.#processes.map(({ plan, pid }) => [plan.name, pid]));
    const record: RunRecord = { pid: process.pid, frontUrl, adminUrl, zipkinUrl, addresses, processes, ownApps };
    const file = join(this.runFolder, 'sandbox.json');
    await writeFile(`${file}.part`, JSON.stringify(record, null, 2));
    await rename(`${file}.part`, file);
  }

  /** Resolves with a line about the first process that ends although nobody stopped it. */
  async firstDeath(): Promise<string> {
    const { name, how, logFile } = await Promise.race(
      this.#processes.map(async ({ plan, ended, logFile }) => ({ name: plan.name, how: await ended, logFile })),
    );
    return `${name} ended with ${how}: ${lastLogLines(logFile)}`;
  }

  /** Ends everything that was started, callers before the servers they call, each within ten seconds. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder();
    return this.#stopping;
  }

  async #stopInOrder(): Promise<void> {
    for (const names of this.plan.stopOrder) {
      await Promise.all(this.#processes.filter(({ plan }) => names.includes(plan.name)).map((each) => each.stop(10)));
    }
  }

  /** Kills everything that was started at once. Resolves when it has ended. */
  async kill(): Promise<void> {
    for (const each of this.#processes) each.kill();
    await Promise.all(this.#processes.map(({ ended }) => ended));
  }
}
