import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ManagedProcess } from '../../sandbox/topology/managed-process.js';
import { NativeSandbox } from '../../sandbox/topology/native-sandbox.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { type Control, type Part, processOf, readProcesses, type Service } from './control.js';

/** Docker's first wait before it restarts a container. */
const restartDelayMs = 100;

async function allProcesses() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return readProcesses(lines.join('\n'));
}

/** A native sandbox of one's own, whose processes are restarted when they end, as `restart: unless-stopped` does. */
export class NativeControl implements Control {
  readonly mode = 'native';
  readonly #down = new Set<Service>();
  readonly #keepers: Promise<void>[] = [];

  private constructor(private readonly sandbox: NativeSandbox) {}

  /**
   * Prepares a sandbox on free ports, which disturbs none that runs; starts nothing.
   *
   * @param root the project's root
   * @param cache where its parts are kept
   * @throws Error where a part cannot be had
   */
  static async prepare(
    root: string,
    cache: string,
    environment: Readonly<Record<string, string | undefined>>,
  ): Promise<NativeControl> {
    const [front, admin, zipkin] = await freePorts(3);
    const own = { ...environment, FRONT_PORT: `${front}`, ADMIN_PORT: `${admin}`, ZIPKIN_PORT: `${zipkin}` };
    return new NativeControl(await NativeSandbox.install(root, cache, own));
  }

  get frontUrl(): string {
    return this.sandbox.plan.frontUrl;
  }

  get zipkinUrl(): string {
    return this.sandbox.plan.zipkinUrl;
  }

  /** Starts everything and waits until it serves. */
  async startAll(): Promise<void> {
    await Promise.all(this.sandbox.plan.processes.map(({ name }) => this.start(name as Service)));
  }

  /** Ends everything. */
  async stopAll(): Promise<void> {
    for (const { name } of this.sandbox.plan.processes) this.#down.add(name as Service);
    await this.sandbox.stop();
    await Promise.all(this.#keepers);
  }

  async start(service: Service): Promise<void> {
    this.#down.delete(service);
    const running = await this.sandbox.start(service);
    this.#keepers.push(this.#keepUp(service, running));
  }

  async #keepUp(service: Service, first: ManagedProcess): Promise<void> {
    let running = first;
    for (;;) {
      await running.ended;
      await delay(restartDelayMs);
      if (this.#down.has(service)) return;
      running = await this.sandbox.start(service).catch(() => this.#running(service));
      if (this.#down.has(service)) await running.stop(10);
    }
  }

  async stop(service: Service): Promise<void> {
    this.#down.add(service);
    await this.#running(service).stop(10);
  }

  async signal(part: Part, signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const pid = await this.#processOf(part);
    // A container that is killed takes all its processes with it; the first one leads a process group.
    process.kill(part.includes('/') || signal === 'SIGTERM' ? pid : -pid, signal);
  }

  async hold(part: Part, seconds: number): Promise<void> {
    const pid = await this.#processOf(part);
    process.kill(pid, 'SIGSTOP');
    void delay(seconds * 1000).then(() => process.kill(pid, 'SIGCONT'));
  }

  async #processOf(part: Part): Promise<number> {
    return processOf(part, await allProcesses(), this.#running(part.split('/')[0] as Service).pid);
  }

  async secondsToEnd(service: Service, act: () => Promise<void>): Promise<number> {
    const { ended } = this.#running(service);
    const since = Date.now();
    await act();
    await ended;
    return (Date.now() - since) / 1000;
  }

  /** No packet filter without root: the sidecar is stopped instead. To its callers it is as silent as a cut wire. */
  cut(service: 'service2'): Promise<void> {
    return this.signal(`${service}/sidecar`, 'SIGSTOP');
  }

  mend(service: 'service2'): Promise<void> {
    return this.signal(`${service}/sidecar`, 'SIGCONT');
  }

  #running(service: Service): ManagedProcess {
    const running = this.sandbox.processes.filter(({ plan }) => plan.name === service).at(-1);
    if (!running) throw new Error(`${service} was never started`);
    return running;
  }
}
