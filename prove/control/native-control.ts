import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { cache, root } from '../../sandbox/cli/project.js';
import { installEnvoy, installZipkin } from '../../sandbox/topology/download-parts.js';
import type { ManagedProcess } from '../../sandbox/topology/managed-process.js';
import type { Model } from '../../sandbox/topology/model.js';
import { NativeSandbox } from '../../sandbox/topology/native-sandbox.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { readModel } from '../../sandbox/topology/read-model.js';
import { findSandbox, type RunningSandbox } from '../../sandbox/topology/running-sandbox.js';
import { Control } from './control.js';
import { readUsage, type Usage } from './process-usage.js';

/** The differences of a sandbox from the one as shipped. */
export interface Changes {
  /** Changes an Envoy configuration, YAML to YAML. */
  readonly envoy: (configuration: string) => string;
  /** Environment of the services with an app, of all with an Envoy, and of Zipkin. */
  readonly apps: Readonly<Record<string, string>>;
  readonly envoys: Readonly<Record<string, string>>;
  readonly zipkin: Readonly<Record<string, string>>;
}

export const asShipped: Changes = { envoy: (configuration) => configuration, apps: {}, envoys: {}, zipkin: {} };

/** The time that Docker waits before it restarts a container for the first time. */
const restartDelayMs = 100;

type Environment = Readonly<Record<string, string | undefined>>;

async function changedModel(environment: Environment, { zipkin }: Changes): Promise<Model> {
  const model = await readModel(root, environment);
  const { collector } = model;
  return { ...model, collector: { ...collector, environment: { ...collector.environment, ...zipkin } } };
}

async function prepare(
  model: Model,
  environment: Environment,
  { envoy, apps, envoys }: Changes,
): Promise<NativeSandbox> {
  const overrides = Object.fromEntries(
    model.services.map(({ name, app }) => [name, app ? { ...envoys, ...apps } : envoys]),
  );
  const envoyBinary = await installEnvoy(root, cache, environment);
  const zipkinFolder = await installZipkin(model, cache, environment);
  const parts = { model, envoyBinary, zipkinFolder, overrides };
  const sandbox = await NativeSandbox.prepare(root, cache, environment, parts);
  for (const [path, text] of sandbox.plan.configurations) await writeFile(path, envoy(text));
  return sandbox;
}

/** A native sandbox of its own. Processes that end are started again, as `restart: unless-stopped` does. */
export class NativeControl extends Control {
  readonly #down = new Set<string>();
  readonly #keepers: Promise<void>[] = [];
  #seen: RunningSandbox | undefined;

  private constructor(
    model: Model,
    private readonly native: NativeSandbox,
  ) {
    super(model);
  }

  /**
   * Starts a sandbox on free ports, which disturbs no other one, and waits until it is ready.
   *
   * @throws Error if a part cannot be installed or does not start
   */
  static async start(changes = asShipped): Promise<NativeControl> {
    const [FRONT_PORT, ADMIN_PORT, ZIPKIN_PORT] = (await freePorts(3)).map(String);
    const environment = { ...process.env, ZIPKIN_URL: '', FRONT_PORT, ADMIN_PORT, ZIPKIN_PORT };
    const model = await changedModel(environment, changes);
    const control = new NativeControl(model, await prepare(model, environment, changes));
    try {
      await Promise.all(control.services.map((service) => control.start(service)));
    } catch (error) {
      await control.stopAll();
      throw error;
    }
    control.#seen = await findSandbox(root, cache, environment);
    return control;
  }

  get sandbox(): RunningSandbox {
    if (!this.#seen) throw new Error('the sandbox does not run yet');
    return this.#seen;
  }

  /** What its processes use now. */
  usage(): Promise<Record<string, Usage>> {
    return readUsage(Object.fromEntries(this.services.map((service) => [service, this.#running(service).pid])));
  }

  /** Ends everything and removes its files. */
  async stopAll(): Promise<void> {
    for (const service of this.services) this.#down.add(service);
    await this.native.stop();
    await Promise.all(this.#keepers);
    await rm(this.native.runFolder, { recursive: true, force: true });
  }

  async start(service: string): Promise<void> {
    this.#down.delete(service);
    const running = await this.native.start(service);
    this.#keepers.push(this.#keepUp(service, running));
  }

  async #keepUp(service: string, first: ManagedProcess): Promise<void> {
    let running = first;
    for (;;) {
      await running.ended;
      await delay(restartDelayMs);
      if (this.#down.has(service)) return;
      running = await this.native.start(service).catch(() => this.#running(service));
      if (this.#down.has(service)) await running.stop(10);
    }
  }

  async stop(service: string): Promise<void> {
    this.#down.add(service);
    await this.#running(service).stop(10);
  }

  /** All services have the same address here. */
  startElsewhere(service: string): Promise<void> {
    return this.start(service);
  }

  protected firstOf(service: string): number {
    return this.#running(service).pid;
  }

  protected async endOf(service: string): Promise<() => Promise<unknown>> {
    const { ended } = this.#running(service);
    return () => ended;
  }

  /**
   * A packet filter needs root, so the sidecar is stopped instead. For its callers it is as silent as a cut network.
   */
  cut(service: string): Promise<void> {
    return this.signal(`${service}/sidecar`, 'STOP');
  }

  mend(service: string): Promise<void> {
    return this.signal(`${service}/sidecar`, 'CONT');
  }

  #running(service: string): ManagedProcess {
    const running = this.native.processes.findLast(({ plan }) => plan.name === service);
    if (!running) throw new Error(`${service} was never started`);
    return running;
  }
}
