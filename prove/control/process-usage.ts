import { readdir, readFile } from 'node:fs/promises';

/** A process as /proc describes it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly command: string;
  readonly parent: number;
  readonly group: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

const ticksPerSecond = 100;
const pageBytes = 4096;

/**
 * @param text files `/proc/PID/stat`, one after the other; their second field, the command in brackets, may contain any
 *   text
 * @see proc_pid_stat(5)
 */
export function readProcesses(text: string): ProcessEntry[] {
  return [...text.matchAll(/^(\d+) \((.*)\) (\S .*)$/gm)].map(([, pid, command = '', rest = '']) => {
    const fromThird = rest.split(' ').map(Number);
    const field = (number: number): number => fromThird[number - 3] ?? 0;
    return {
      pid: Number(pid),
      command,
      parent: field(4),
      group: field(5),
      cpuSeconds: (field(14) + field(15)) / ticksPerSecond,
      residentBytes: field(24) * pageBytes,
    };
  });
}

/** @returns the processes of this machine; Linux only */
export async function processesHere(): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const files = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return readProcesses(files.join(''));
}

/**
 * @param command as /proc names it; Node is `node` or the name of its main thread
 * @returns whether it is a process of the sandbox itself, and not one that start-service or a probe runs for a moment
 */
export const isOwnCommand = (command: string): boolean => /^(envoy|node|MainThread|java)$/.test(command);

/** What one process of the sandbox uses: CPU seconds since it began, resident bytes now. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /**
   * Resident bytes, with each shared page divided by the number of processes that map it. So the sum is what the
   * processes take.
   */
  readonly proportionalBytes: number;
}

async function proportionalBytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
}

/**
 * Reads what the processes of process groups use; Linux only.
 *
 * @param groups process ids of the group leaders by name, as in sandbox.json of a run
 * @returns the usage by `<name>/<command>`, for example `cart/envoy`
 * @see proc_pid_smaps(5)
 */
export async function readUsage(groups: Readonly<Record<string, number>>): Promise<Record<string, Usage>> {
  const names = new Map(Object.entries(groups).map(([name, pid]) => [pid, name]));
  const usage: Record<string, Usage> = {};
  for (const { pid, group, command, cpuSeconds, residentBytes } of await processesHere()) {
    const name = names.get(group);
    if (!name || !isOwnCommand(command)) continue;
    usage[`${name}/${command}`] = { cpuSeconds, residentBytes, proportionalBytes: await proportionalBytes(pid) };
  }
  return usage;
}
