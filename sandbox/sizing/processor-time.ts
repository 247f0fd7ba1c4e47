/** Linux counts processor time in hundredths of a second, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100;

/** Seconds of processor time by the process's command, such as `envoy`. */
export type ProcessorTime = Readonly<Record<string, number>>;

/**
 * @param stats `/proc/PID/stat` of several processes, a line each
 * @returns what each command's processes have used together
 * @see proc_pid_stat(5): the command stands in brackets and may hold anything
 */
export function readProcessorTime(stats: string): ProcessorTime {
  const used: Record<string, number> = {};
  for (const line of stats.split('\n')) {
    const command = /\((?<command>.*)\)/.exec(line)?.groups?.command;
    if (command === undefined) continue;
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    used[command] = (used[command] ?? 0) + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
  return used;
}
