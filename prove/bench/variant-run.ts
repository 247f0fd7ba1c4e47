import { rm, writeFile } from 'node:fs/promises';
import { generateLoad } from '../../sandbox/load/generate.js';
import { loadLimits } from '../../sandbox/load/load-plan.js';
import { type MeasuredLoad, measureLoad } from '../../sandbox/load/measure.js';
import { readUsage, type Usage } from '../../sandbox/load/process-usage.js';
import { spanLimitOf } from '../../sandbox/load/span-limit.js';
import type { SpanCounts } from '../../sandbox/observe/stored-traces.js';
import { isAlive, type ManagedProcess } from '../../sandbox/topology/managed-process.js';
import { NativeSandbox } from '../../sandbox/topology/native-sandbox.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { readTopology } from '../../sandbox/topology/read-topology.js';
import { findSandbox, type RunningSandbox } from '../../sandbox/topology/running-sandbox.js';
import type { Variant } from './variants.js';

/** Where the project and its installed parts are. */
export interface Installation {
  readonly root: string;
  readonly cache: string;
  readonly envoyBinary: string;
  readonly zipkinFolder: string | undefined;
}

/** One load on one variant, with the CPU seconds that each of its processes used for 1,000 requests. */
export interface Round extends MeasuredLoad {
  readonly cpu: Readonly<Record<string, number>>;
}

const zipkin = 'zipkin';
const quietSeconds = 30;
/** Load on a Zipkin that was just started, before it counts. */
const renewedWarmSeconds = 3;

interface Load {
  readonly concurrency: number;
  readonly seconds: number;
  /** Requests a second; as many as are answered where it is missing. */
  readonly rate?: number;
}

/** A variant of the sandbox that runs natively on ports of its own. */
export class VariantRun {
  private constructor(
    readonly variant: Variant,
    readonly running: RunningSandbox,
    private readonly sandbox: NativeSandbox,
    private readonly spansEach: SpanCounts,
    private readonly spanLimit: number,
  ) {}

  /**
   * @param shape spans of one `/trace/1` by service
   * @throws Error where a process does not start
   */
  static async start(installation: Installation, variant: Variant, shape: SpanCounts): Promise<VariantRun> {
    const { root, cache } = installation;
    const [front, admin, zipkinPort] = (await freePorts(3)).map(String);
    const environment = {
      ...process.env,
      ZIPKIN_URL: '',
      FRONT_PORT: front,
      ADMIN_PORT: admin,
      ZIPKIN_PORT: zipkinPort,
    };
    const services = (await readTopology(root, environment)).map((service) =>
      service.image ? { ...service, environment: { ...service.environment, ...variant.zipkin } } : service,
    );
    const overrides = Object.fromEntries(
      services.map(({ name }) => [
        name,
        name === 'front-envoy' ? variant.envoys : { ...variant.envoys, ...variant.apps },
      ]),
    );
    const sandbox = await NativeSandbox.prepare(root, cache, environment, { ...installation, services, overrides });
    for (const [path, text] of sandbox.plan.configurations) await writeFile(path, variant.envoy(text));
    try {
      await Promise.all(sandbox.plan.processes.map(({ name }) => sandbox.start(name)));
    } catch (error) {
      await sandbox.stop();
      throw error;
    }
    const running = await findSandbox(root, cache, environment);
    const spansEach = Object.fromEntries(Object.entries(shape).filter(([service]) => variant.reports(service)));
    return new VariantRun(variant, running, sandbox, spansEach, spanLimitOf(services));
  }

  /** Sends a load of `/trace/1` and accounts for it. Where Zipkin has ended by then, none of its spans is left. */
  async load(load: Load): Promise<Round> {
    const { frontUrl } = this.running;
    const plan = { path: '/trace/1', headers: {}, count: loadLimits.count, rate: undefined, frontUrl, ...load };
    const stopped = new AbortController().signal;
    if (this.variant.zipkinAnew) {
      await this.#zipkin.stop(10);
      await this.sandbox.start(zipkin);
      await generateLoad({ ...plan, seconds: renewedWarmSeconds }, () => undefined, stopped);
    }
    const before = await this.usage();
    let after = before;
    const measured = await measureLoad(this.running, plan, {
      spansEach: this.spansEach,
      spanLimit: this.spanLimit,
      keepUp: false,
      quietSeconds,
      stopped,
      onProgress: () => undefined,
      onQuiet: async () => {
        after = await this.usage();
        if (!isAlive(this.#zipkin.pid)) await this.sandbox.start(zipkin);
      },
    });
    const cpu = Object.entries(after).map(([name, { cpuSeconds }]) => [
      name,
      ((cpuSeconds - (before[name]?.cpuSeconds ?? 0)) * 1000) / Math.max(1, measured.answered),
    ]);
    return { ...measured, cpu: Object.fromEntries(cpu) };
  }

  get #zipkin(): ManagedProcess {
    const found = this.sandbox.processes.findLast(({ plan }) => plan.name === zipkin);
    if (!found) throw new Error(`${zipkin}: no such process`);
    return found;
  }

  /** What its processes use now. */
  usage(): Promise<Record<string, Usage>> {
    return readUsage(Object.fromEntries(this.sandbox.processes.map(({ plan, pid }) => [plan.name, pid])));
  }

  async stop(): Promise<void> {
    await this.sandbox.stop();
    await rm(this.sandbox.runFolder, { recursive: true, force: true });
  }
}
