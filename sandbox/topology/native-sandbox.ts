import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installZipkin } from './artifacts.js';
import { type ComposeService, readComposeFile } from './compose-file.js';
import { lastLogLines, type ManagedProcess, startProcess } from './managed-process.js';
import { envoyConfigurationOf, javaOptionsOf, type NativeInput, type NativePlan, planNative } from './native-plan.js';
import { freePorts, requireFree } from './ports.js';
import type { RunRecord } from './running-sandbox.js';
import { fetchText, waitFor } from './wait.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A native run that could go on, once its parts are there. */
export interface NativeParts {
  readonly services: readonly ComposeService[];
  readonly envoyBinary: string;
  readonly zipkinFolder: string | undefined;
  readonly overrides?: NonNullable<NativeInput['overrides']>;
}

const unpublishedPorts = 16;

/** @returns docker-compose.yml's services, with loopback where no variable widens a published port */
export async function readTopology(root: string, environment: Environment): Promise<ComposeService[]> {
  const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
  return readComposeFile(text, { ...environment, FRONT_BIND: environment.FRONT_BIND || '127.0.0.1' });
}

/** @returns the pinned Zipkin's folder; undefined where ZIPKIN_URL names a Zipkin that runs already */
export async function installZipkinFor(
  services: readonly ComposeService[],
  cache: string,
  environment: Environment,
): Promise<string | undefined> {
  const zipkin = services.find((service) => service.image);
  if (!zipkin || environment.ZIPKIN_URL) return undefined;
  return installZipkin(cache, environment, javaOptionsOf(zipkin));
}

async function readFiles(root: string, services: readonly ComposeService[]): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of new Set(services.flatMap((service) => service.dockerfile ?? []))) {
    const dockerfile = await readFile(join(root, name), 'utf8');
    const configuration = envoyConfigurationOf(dockerfile);
    files.set(name, dockerfile);
    files.set(configuration, await readFile(join(root, configuration), 'utf8'));
  }
  return files;
}

/** The sandbox as local processes. */
export class NativeSandbox {
  readonly #processes: ManagedProcess[] = [];
  #recorded: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  private constructor(
    readonly plan: NativePlan,
    readonly runFolder: string,
  ) {}

  /**
   * Plans a run and checks that its published ports are free; starts nothing.
   *
   * @param root the project's root
   * @throws Error naming a taken port and the variable that changes it
   */
  static async prepare(
    root: string,
    cache: string,
    environment: Environment,
    parts: NativeParts,
  ): Promise<NativeSandbox> {
    const front = parts.services.find((service) => service.name === 'front-envoy')?.ports[0]?.port;
    const runFolder = join(cache, 'run', String(front));
    const plan = planNative({
      root,
      runFolder,
      ...parts,
      files: await readFiles(root, parts.services),
      zipkinUrl: environment.ZIPKIN_URL || undefined,
      freePorts: await freePorts(unpublishedPorts),
    });
    for (const port of plan.published) await requireFree(port);
    await rm(runFolder, { recursive: true, force: true });
    await mkdir(runFolder, { recursive: true });
    for (const [path, text] of plan.configurations) await writeFile(path, text);
    return new NativeSandbox(plan, runFolder);
  }

  get processes(): readonly ManagedProcess[] {
    return this.#processes;
  }

  /**
   * Starts one process of the plan and waits until it serves.
   *
   * @throws Error with its last log lines where it ends first, or is not ready within a minute
   */
  async start(name: string, signal?: AbortSignal): Promise<ManagedProcess> {
    const plan = this.plan.processes.find((each) => each.name === name);
    if (!plan) throw new Error(`${name}: no such process in the plan`);
    const started = await startProcess(plan, join(this.runFolder, `${name}.log`));
    this.#processes.push(started);
    await this.#record();
    const died = started.ended.then((how) => {
      throw new Error(`${name} ended with ${how} before it was ready: ${lastLogLines(started.logFile)}`);
    });
    const stopWaiting = new AbortController();
    const waitSignal = AbortSignal.any([stopWaiting.signal, ...(signal ? [signal] : [])]);
    const ready = Promise.all(
      plan.readyUrls.map((url) => waitFor(name, () => fetchText(url), { seconds: 60, signal: waitSignal })),
    );
    try {
      await Promise.race([ready, died]);
    } finally {
      stopWaiting.abort();
      ready.catch(() => undefined);
      died.catch(() => undefined);
    }
    return started;
  }

  /** Leaves word for other commands of where everything is; one write after the other, each seen whole. */
  #record(): Promise<void> {
    this.#recorded = this.#recorded.then(() => this.#writeRecord());
    return this.#recorded;
  }

  async #writeRecord(): Promise<void> {
    const { frontUrl, adminUrl, zipkinUrl, addresses } = this.plan;
    const processes = Object.fromEntries(this.#processes.map(({ plan, pid }) => [plan.name, pid]));
    const record: RunRecord = { pid: process.pid, frontUrl, adminUrl, zipkinUrl, addresses, processes };
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

  /** Ends everything that was started, callers before the called, each within ten seconds. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder();
    return this.#stopping;
  }

  async #stopInOrder(): Promise<void> {
    for (const { name } of this.plan.processes) {
      await Promise.all(this.#processes.filter(({ plan }) => plan.name === name).map((each) => each.stop(10)));
    }
  }

  /** Kills everything that was started, at once. */
  kill(): void {
    for (const { pid } of this.#processes) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }
}
