import { once } from 'node:events';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { spanLimitOf } from '../../sandbox/load/span-limit.js';
import type { Model } from '../../sandbox/topology/model.js';
import type { RunningSandbox } from '../../sandbox/topology/running-sandbox.js';
import { isOwnCommand, type ProcessEntry, readProcesses } from './process-usage.js';

/** A service of docker-compose.yml, or one process of it: `NAME`, `NAME/app`, `NAME/sidecar`. */
export type Part = string;

/** @returns the service that a part belongs to */
export const serviceOf = (part: Part): string => part.replace(/\/.*/, '');

const commands: Readonly<Record<string, RegExp>> = { app: /^(node|MainThread)$/, sidecar: /^envoy$/ };
/** The exit code of a command in a container that ends. */
const endedWithContainer = 137;

/** Runs a script where it can see the processes of a service. */
function runIn(sandbox: RunningSandbox, service: string, script: string) {
  const [command = 'sh', ...args] = [...sandbox.inside(service), 'sh', '-c', script];
  return execa(command, args, { cwd: root, reject: false, stdin: 'ignore' });
}

/**
 * Finds the process of a part among those of its service.
 *
 * @param first the first process of the service
 * @throws Error if the part does not run
 */
export function processOf(part: Part, processes: readonly ProcessEntry[], first: number): number {
  const [service, name] = part.split('/');
  if (!name) return first;
  const found = processes.find(({ command, parent }) => parent === first && commands[name]?.test(command));
  if (!found) throw new Error(`${service}: its ${name} does not run, so no fault can be put on it`);
  return found.pid;
}

/** What faults can do to a sandbox. What ends by itself is started again by Docker, or by a NativeControl. */
export abstract class Control {
  protected readonly services: readonly string[];
  /** The service that collects the spans, and how many spans it keeps. */
  readonly zipkin: string;
  readonly spanLimit: number;

  constructor(model: Model) {
    this.services = model.composed.map(({ name }) => name);
    this.zipkin = model.collector.service;
    this.spanLimit = spanLimitOf(model);
  }

  abstract get sandbox(): RunningSandbox;

  /** Ends a service as a user would, and keeps it down. */
  abstract stop(service: string): Promise<void>;
  /** Starts a service that was stopped. */
  abstract start(service: string): Promise<void>;
  /** Starts a stopped service at another address. */
  abstract startElsewhere(service: string): Promise<void>;
  /** `cut` lets no byte reach a service or leave it. `mend` ends that. */
  abstract cut(service: string): Promise<void>;
  abstract mend(service: string): Promise<void>;

  /** @returns a wait for the end of the service as it runs now, whatever happens to it later */
  protected abstract endOf(service: string): Promise<() => Promise<unknown>>;
  /** @returns the first process of a service: the one that Compose or the native run started */
  protected abstract firstOf(service: string, processes: readonly ProcessEntry[]): number;

  /** Sends a signal to the process of a part. For a whole service, STOP and KILL go to all its processes. */
  async signal(part: Part, signal: 'TERM' | 'KILL' | 'STOP' | 'CONT'): Promise<void> {
    const { pid } = await this.#find(part);
    const target = part.includes('/') || signal === 'TERM' ? pid : -pid;
    const { failed, exitCode, stderr } = await runIn(this.sandbox, serviceOf(part), `kill -${signal} ${target}`);
    if (failed && exitCode !== endedWithContainer) throw new Error(`${part} got no SIG${signal}: ${stderr.trim()}`);
  }

  /** Stops the process of a part, and lets it continue `seconds` later. Resolves when it is stopped. */
  async hold(part: Part, seconds: number): Promise<void> {
    const { pid } = await this.#find(part);
    // The time is measured where the process is, because a command for each end of it would take longer than the hold.
    const script = `kill -STOP ${pid} && echo held && sleep ${seconds} && kill -CONT ${pid}`;
    const holding = runIn(this.sandbox, serviceOf(part), script);
    const isHeld = await Promise.race([once(holding.stdout, 'data').then(() => true), holding.then(() => false)]);
    if (!isHeld) throw new Error(`${part} could not be stopped: ${(await holding).stderr.trim()}`);
  }

  /** @returns the seconds from `act` until the service has ended */
  async secondsToEnd(service: string, act: () => Promise<void>): Promise<number> {
    const ended = await this.endOf(service);
    const since = Date.now();
    await act();
    await ended();
    return (Date.now() - since) / 1000;
  }

  /**
   * @returns the resident bytes of each process of the sandbox by `<service>/<command>`; processes that do not run are
   *   left out
   */
  async memory(): Promise<Record<string, number>> {
    const samples = this.services.map(async (service) => {
      const { processes } = await this.#find(service).catch(() => ({ processes: [] }));
      const own = processes.filter(({ command }) => isOwnCommand(command));
      return own.map(({ command, residentBytes }) => [`${service}/${command}`, residentBytes] as const);
    });
    return Object.fromEntries((await Promise.all(samples)).flat());
  }

  /** Finds the process of a part, and all processes of its service: those of its group. */
  async #find(part: Part): Promise<{ readonly pid: number; readonly processes: readonly ProcessEntry[] }> {
    const { stdout } = await runIn(this.sandbox, serviceOf(part), 'cat /proc/[0-9]*/stat 2>/dev/null');
    const all = readProcesses(stdout);
    const first = this.firstOf(serviceOf(part), all);
    return { pid: processOf(part, all, first), processes: all.filter(({ group }) => group === first) };
  }
}
