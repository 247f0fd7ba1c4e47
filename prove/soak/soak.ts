import type { MeasuredLoad } from '../../sandbox/load/measure.js';
import type { Control } from '../control/control.js';
import { measure, send } from '../load.js';
import { type MemorySample, type MemoryTrend, memoryTrends } from './memory-trend.js';

export interface SoakPlan {
  readonly seconds: number;
  /** Requests a second; undefined for half of what the sandbox can answer. */
  readonly rate: number | undefined;
  /** The spans of one request by reporter. */
  readonly spansEach: Readonly<Record<string, number>>;
  /** Called from time to time with the progress. */
  readonly say: (text: string) => void;
}

export interface Soaked {
  readonly rate: number;
  readonly load: MeasuredLoad;
  readonly memory: readonly MemoryTrend[];
}

/** Long enough to fill Zipkin's memory several times, so that it stays as full during the soak. */
const saturationSeconds = 30;
const samples = 60;
const sayEveryMs = 10_000;

/**
 * Fills Zipkin's memory, finds half the rate that the sandbox can answer, and sends that rate for a long time.
 *
 * @param control a sandbox that gets no other load meanwhile
 * @throws ZipkinError if its traces cannot be read at the end
 */
export async function soak(control: Control, plan: SoakPlan): Promise<Soaked> {
  const { say, seconds, spansEach } = plan;
  say(`as many requests as are answered, ${saturationSeconds} s`);
  const most = await send(control, { seconds: saturationSeconds });
  const rate = plan.rate ?? Math.max(1, Math.round(most.answered / most.seconds / 2));
  say(`${rate} requests a second, ${seconds} s`);
  const memory: MemorySample[] = [];
  const take = () => void control.memory().then((sample) => memory.push(sample));
  const timer = setInterval(take, Math.max(500, (seconds * 1000) / samples));
  let saidAt = 0;
  const onProgress = (text: string): void => {
    if (Date.now() - saidAt < sayEveryMs) return;
    saidAt = Date.now();
    say(text);
  };
  const options = { spansEach, keepUp: true, onProgress };
  const load = await measure(control, { rate, seconds }, options).finally(() => clearInterval(timer));
  return { rate, load, memory: memoryTrends(memory) };
}

/** @returns a line for each thing that must not happen in a soak; none if nothing did */
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

/** @returns lines with the memory of each process, by the thirds of the soak */
export function describeMemory(memory: readonly MemoryTrend[]): string[] {
  const width = Math.max(0, ...memory.map(({ process }) => process.length));
  const line = ({ process, thirds, level }: MemoryTrend) =>
    `${process.padEnd(width)} ${thirds.map(megabytes).join('')}  ${level ? 'level' : 'still grows'}`;
  return ['resident memory, mean of each third of the time', ...memory.map(line)];
}
