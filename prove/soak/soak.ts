import { generateLoad } from '../../sandbox/load/generate.js';
import { type LoadPlan, loadLimits } from '../../sandbox/load/load-plan.js';
import { type MeasuredLoad, measureLoad } from '../../sandbox/load/measure.js';
import type { RunningSandbox } from '../../sandbox/topology/running-sandbox.js';
import { fillStore } from './fill-store.js';
import { type MemorySample, MemoryWatch } from './memory.js';
import { type MemoryTrend, memoryTrends } from './memory-trend.js';

export interface SoakPlan {
  readonly seconds: number;
  /** Requests a second; undefined: half of what the sandbox answers at most. */
  readonly rate: number | undefined;
  /** Spans of one `/trace/1` by reporter. */
  readonly spansEach: Readonly<Record<string, number>>;
  /** Most spans that Zipkin keeps. */
  readonly spanLimit: number;
  readonly readMemory: () => Promise<MemorySample>;
  /** Is told now and then what goes on. */
  readonly say: (text: string) => void;
}

export interface Soaked {
  readonly rate: number;
  readonly load: MeasuredLoad;
  readonly memory: readonly MemoryTrend[];
}

const path = '/trace/1';
const concurrency = 16;
const saturationSeconds = 15;
const quietSeconds = 60;
const samples = 60;
const sayEveryMs = 10_000;

function planOf(sandbox: RunningSandbox, rate: number | undefined, seconds: number): LoadPlan {
  return { frontUrl: sandbox.frontUrl, path, headers: {}, concurrency, rate, seconds, count: loadLimits.count };
}

async function halfOfSaturation(sandbox: RunningSandbox): Promise<number> {
  const plan = planOf(sandbox, undefined, saturationSeconds);
  const { answered, seconds } = await generateLoad(plan, () => undefined, new AbortController().signal);
  return Math.max(1, Math.round(answered / seconds / 2));
}

/**
 * Fills Zipkin's memory, finds half of what the sandbox can take, and loads it with that for long.
 *
 * @param sandbox to be loaded by nobody else meanwhile
 * @throws ZipkinError where its traces cannot be read at the end
 */
export async function soak(sandbox: RunningSandbox, plan: SoakPlan): Promise<Soaked> {
  const { say, seconds, spansEach, spanLimit } = plan;
  const spans = Object.values(spansEach).reduce((sum, each) => sum + each, 0);
  say(`${spanLimit} spans, to fill Zipkin's memory`);
  await fillStore(sandbox, spans, spanLimit);
  if (plan.rate === undefined) say(`as many requests as are answered, ${saturationSeconds} s`);
  const rate = plan.rate ?? (await halfOfSaturation(sandbox));
  say(`${rate} requests a second, ${seconds} s`);
  const watch = new MemoryWatch(plan.readMemory, Math.max(500, (seconds * 1000) / samples));
  let saidAt = 0;
  const load = await measureLoad(sandbox, planOf(sandbox, rate, seconds), {
    spansEach,
    spanLimit,
    keepUp: true,
    quietSeconds,
    stopped: new AbortController().signal,
    onProgress: (text) => {
      if (Date.now() - saidAt < sayEveryMs) return;
      saidAt = Date.now();
      say(text);
    },
  });
  return { rate, load, memory: memoryTrends(watch.stop()) };
}

/** @returns a line for each thing that a soak must not show; none where all was well */
export function soakFindings({ load, memory }: Soaked): string[] {
  const failed = load.requests - (load.statuses[200] ?? 0);
  const { missing } = load.ledger.total;
  const growing = memory.filter(({ level }) => !level).map(({ process }) => process);
  return [
    ...(failed > 0 ? [`${failed} of ${load.requests} requests failed`] : []),
    ...(missing > 0 ? [`${missing} spans are missing`] : []),
    ...(growing.length > 0 ? [`the memory of ${growing.join(', ')} still grows`] : []),
  ];
}

const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MB`.padStart(8);

/** @returns lines that show how much memory each process had, by the thirds of the soak */
export function describeMemory(memory: readonly MemoryTrend[]): string[] {
  const width = Math.max(0, ...memory.map(({ process }) => process.length));
  const line = ({ process, thirds, level }: MemoryTrend) =>
    `${process.padEnd(width)} ${thirds.map(megabytes).join('')}  ${level ? 'level' : 'still grows'}`;
  return ['resident memory, mean of each third of the time', ...memory.map(line)];
}
