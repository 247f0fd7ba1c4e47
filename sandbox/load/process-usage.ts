import { readdir, readFile } from 'node:fs/promises';

/** What one process of the sandbox has used: CPU seconds since it began, resident bytes now. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Resident bytes with each page shared among the processes that map it; the sum over processes is what they take. */
  readonly proportionalBytes: number;
}

const TICKS_PER_SECOND = 100;

/**
 * @param text `/proc/PID/stat`; its second field, the command in brackets, may hold anything
 * @returns the command, its process group, and the seconds of processor time it has used
 * @see proc_pid_stat(5)
 */
export function readStat(text: string): { command: string; group: number; cpuSeconds: number } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    command: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
    group: Number(fields[2]),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}

const kilobytes = (text: string, field: string): number =>
  1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);

/**
 * @param command as /proc has it; Node is `node` or its main thread's name
 * @returns whether it is one of the sandbox's own, and none that start-service or a probe runs for a moment
 */
export const isOwnCommand = (command: string): boolean => /^(envoy|node|MainThread|java)$/.test(command);

/**
 * Reads what the processes of process groups use; Linux only.
 *
 * @param groups leaders' process ids by name, as a run's sandbox.json has them
 * @returns by `<name>/<command>`, for example `service1/envoy`
 * @see proc_pid_stat(5), proc_pid_smaps(5)
 */
export async function readUsage(groups: Readonly<Record<string, number>>): Promise<Record<string, Usage>> {
  const names = new Map(Object.entries(groups).map(([name, pid]) => [pid, name]));
  const usage: Record<string, Usage> = {};
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').then(readStat, () => undefined);
    const name = stat && names.get(stat.group);
    if (!stat || !name || !isOwnCommand(stat.command)) continue;
    const memory = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    usage[`${name}/${stat.command}`] = {
      cpuSeconds: stat.cpuSeconds,
      residentBytes: kilobytes(memory, 'Rss'),
      proportionalBytes: kilobytes(memory, 'Pss'),
    };
  }
  return usage;
}
