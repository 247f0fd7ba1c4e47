import { readStat } from '../load/process-usage.js';

/** Seconds of processor time by the process's command, such as `envoy`. */
export type ProcessorTime = Readonly<Record<string, number>>;

/**
 * @param stats `/proc/PID/stat` of several processes, a line each
 * @returns what each command's processes have used together
 */
export function readProcessorTime(stats: string): ProcessorTime {
  const used: Record<string, number> = {};
  for (const line of stats.split('\n')) {
    if (!/\(.*\)/.test(line)) continue;
    const { command, cpuSeconds } = readStat(line);
    used[command] = (used[command] ?? 0) + cpuSeconds;
  }
  return used;
}
