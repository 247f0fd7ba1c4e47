import { execa } from 'execa';
import { isOwnCommand, readUsage } from '../../sandbox/load/process-usage.js';
import type { RunningSandbox } from '../../sandbox/topology/running-sandbox.js';

/** Resident memory of each process, in bytes, by `<service>/<command>`. */
export type MemorySample = Readonly<Record<string, number>>;

/** Reads `Name:` and `VmRSS:` of the files /proc/<pid>/status, one after the other; see proc_pid_status(5). */
function readStatus(service: string, text: string): MemorySample {
  const processes = [...text.matchAll(/^Name:\s+(\S+)$[\s\S]*?^VmRSS:\s+(\d+) kB$/gm)];
  return Object.fromEntries(
    processes
      .filter(([, command = '']) => isOwnCommand(command))
      .map(([, command, kilobytes]) => [`${service}/${command}`, Number(kilobytes) * 1024]),
  );
}

/**
 * @param groups leaders' process ids of a native run, by service
 * @returns the resident memory of its processes
 */
export async function nativeMemory(groups: Readonly<Record<string, number>>): Promise<MemorySample> {
  const usage = Object.entries(await readUsage(groups));
  return Object.fromEntries(usage.map(([name, { residentBytes }]) => [name, residentBytes]));
}

/** @returns the resident memory of the processes in the containers; what does not answer is left out */
export async function composeMemory(root: string, sandbox: RunningSandbox): Promise<MemorySample> {
  const samples = ['front-envoy', 'service1', 'service2', 'zipkin'].map(async (service) => {
    const [command = '', ...args] = sandbox.inside(service).command;
    const script = ['sh', '-c', 'cat /proc/[0-9]*/status 2>/dev/null || true'];
    const { stdout } = await execa(command, [...args, ...script], { cwd: root, reject: false, stdin: 'ignore' });
    return readStatus(service, stdout ?? '');
  });
  return Object.assign({}, ...(await Promise.all(samples)));
}

/** Reads memory again and again until it is stopped. */
export class MemoryWatch {
  readonly #samples: MemorySample[] = [];
  readonly #timer: NodeJS.Timeout;

  /**
   * @param read gives a sample
   * @param everyMs milliseconds between two of them
   */
  constructor(read: () => Promise<MemorySample>, everyMs: number) {
    const take = () => void read().then((sample) => this.#samples.push(sample));
    this.#timer = setInterval(take, everyMs);
  }

  /** @returns the samples so far, in the order of time */
  stop(): readonly MemorySample[] {
    clearInterval(this.#timer);
    return this.#samples;
  }
}
