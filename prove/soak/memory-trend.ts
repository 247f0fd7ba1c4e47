/** Resident memory of each process, in bytes, by `<service>/<command>`. */
export type MemorySample = Readonly<Record<string, number>>;

/** The resident memory of one process during a soak: the mean of each third of it, in bytes. */
export interface MemoryTrend {
  readonly process: string;
  readonly thirds: readonly [number, number, number];
  /** Whether it has stopped growing: the last third is hardly larger than the thirds before it. */
  readonly level: boolean;
}

/** How much larger the last third may be: a share, or some pages of an allocator. */
const growthShare = 0.05;
const growthBytes = 6 * 1024 * 1024;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * @param samples at equal intervals; at least three
 * @returns a trend by name for each process in the samples
 */
export function memoryTrends(samples: readonly MemorySample[]): MemoryTrend[] {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample)))].sort();
  return names.map((process) => {
    const values = samples.map((sample) => sample[process]).filter((value) => value !== undefined);
    const third = values.length / 3;
    const part = (index: number) => mean(values.slice(Math.floor(index * third), Math.floor((index + 1) * third)));
    const [first, middle, last] = [part(0), part(1), part(2)];
    const before = Math.max(first, middle);
    const most = before + Math.max(before * growthShare, growthBytes);
    return { process, thirds: [first, middle, last], level: values.length >= 3 && last <= most };
  });
}
