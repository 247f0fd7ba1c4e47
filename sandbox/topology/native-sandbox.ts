import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installEnvoy, installZipkin, zipkinOfYourOwn } from './download-parts.js';
import type { Environment } from './interpolation.js';
import { isAlive, lastLogLines, type ManagedProcess, startProcess } from './managed-process.js';
import { type NativeInput, type NativePlan, planNative } from './native-plan.js';
import { innerPorts, requireFree } from './ports.js';
import { readModel } from './read-model.js';
import { runFolderOf, writeRunRecord } from './run-record.js';
import { untilReady } from './until-ready.js';

/** The parts of a native run. */
export type NativeParts = Pick<NativeInput, 'model' | 'envoyBinary' | 'zipkinFolder' | 'overrides'>;

const longestEndSeconds = 10;

function readySecondsOf({ READY_SECONDS: given }: Environment): number {
  const seconds = Number(given || 60);
  if (seconds > 0 && seconds <= 3600) return seconds;
  throw new Error(`READY_SECONDS: '${given}' is not a time; set a number of seconds, at most 3600`);
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
    const { composed, frontPort } = parts.model;
    const published = composed.flatMap(({ ports }) => ports.map(({ port }) => port));
    const runFolder = runFolderOf(cache, frontPort);
    const plan = planNative({
      root,
      runFolder,
      ...parts,
      shell: environment,
      zipkinUrl: zipkinOfYourOwn(environment),
      freePorts: await innerPorts(frontPort, published),
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
    overrides: NonNullable<NativeParts['overrides']> = {},
  ): Promise<NativeSandbox> {
    const model = await readModel(root, environment);
    const envoyBinary = await installEnvoy(root, cache, environment);
    const zipkinFolder = await installZipkin(model, cache, environment);
    return NativeSandbox.prepare(root, cache, environment, { model, envoyBinary, zipkinFolder, overrides });
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
      await started.stop(longestEndSeconds);
      throw new Error(`${name} was not started: the sandbox is being stopped`);
    }
    await this.#record();
    await untilReady(started, this.readySeconds, signal).catch((error: Error) => {
      if (!isAlive(started.pid)) this.#processes.splice(this.#processes.indexOf(started), 1); // it may be started again
      throw error;
    });
    return started;
  }

  /** Writes the addresses of this run down for other commands. The writes come one after the other. */
  #record(): Promise<void> {
    this.#recorded = this.#recorded.then(() => {
      const { frontUrl, adminUrl, zipkinUrl, addresses, ownApps } = this.plan;
      const processes = Object.fromEntries(this.#processes.map(({ plan, pid }) => [plan.name, pid]));
      const record = { pid: process.pid, frontUrl, adminUrl, zipkinUrl, addresses, processes, ownApps };
      return writeRunRecord(this.runFolder, record);
    });
    return this.#recorded;
  }

  /** Resolves with a line about the first process that ends although nobody stopped it. */
  firstDeath(): Promise<{ readonly name: string; readonly line: string }> {
    return Promise.race(
      this.#processes.map(async ({ plan: { name }, ended, logFile }) => {
        const how = await ended;
        return { name, line: `${name} ended with ${how}: ${lastLogLines(logFile)}` };
      }),
    );
  }

  /** Ends everything that was started, callers before the servers they call, each within ten seconds. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder();
    return this.#stopping;
  }

  async #stopInOrder(): Promise<void> {
    for (const names of this.plan.stopOrder) {
      const those = this.#processes.filter(({ plan }) => names.includes(plan.name));
      await Promise.all(those.map((each) => each.stop(longestEndSeconds)));
    }
  }

  /** Kills everything that was started at once. Resolves when it has ended. */
  async kill(): Promise<void> {
    for (const each of this.#processes) each.kill();
    await Promise.all(this.#processes.map(({ ended }) => ended));
  }
}
