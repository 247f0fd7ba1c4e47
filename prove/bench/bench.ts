import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../../sandbox/load/latency.js';
import type { MeasuredLoad } from '../../sandbox/load/measure.js';
import type { Usage } from '../../sandbox/load/process-usage.js';
import { traceRequest } from '../../sandbox/observe/collect.js';
import type { SpanCounts } from '../../sandbox/observe/stored-traces.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import { runRounds, type Summary } from './rounds.js';
import { type Installation, VariantRun } from './variant-run.js';
import type { Variant } from './variants.js';

export interface BenchOptions {
  readonly concurrency: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Load on each variant before the first round. */
  readonly warmSeconds: number;
  /** How long the last load goes on at saturation. */
  readonly saturationSeconds: number;
  readonly onProgress: (text: string) => void;
}

/** What `npm run prove -- bench` measures. */
export interface Bench {
  readonly variants: readonly Summary[];
  /** (a) and (b), both at half of what (a) answers at most. */
  readonly halfRate: { readonly rate: number; readonly variants: readonly Summary[] };
  /** The long load on (a), and the same on the last variant. */
  readonly saturation: MeasuredLoad;
  readonly otherSaturation: MeasuredLoad;
  /** Milliseconds from an answer of the idle (a) until its whole trace can be read. */
  readonly readable: { readonly median: number; readonly max: number };
  /** Of (a), after all of that. */
  readonly memory: Readonly<Record<string, Usage>>;
}

const IDLE_REQUESTS = 20;

/** Starts variants, has the same work done on all, and stops them whatever comes. */
async function withVariants<T>(
  installation: Installation,
  variants: readonly Variant[],
  shape: SpanCounts,
  work: (runs: readonly VariantRun[]) => Promise<T>,
): Promise<T> {
  const runs: VariantRun[] = [];
  try {
    for (const variant of variants) runs.push(await VariantRun.start(installation, variant, shape));
    return await work(runs);
  } finally {
    await Promise.all(runs.map((run) => run.stop()));
  }
}

async function warm(runs: readonly VariantRun[], options: BenchOptions): Promise<void> {
  for (const run of runs) {
    options.onProgress(`warming ${run.variant.name}`);
    await run.load({ concurrency: options.concurrency, seconds: options.warmSeconds });
  }
}

/** @throws Error where a trace is not whole within ten seconds */
async function timeToReadable({ running }: VariantRun, expected: number): Promise<number> {
  const request = { url: new URL(`${running.frontUrl}/trace/1`), method: 'GET', headers: {} };
  let answeredAt = 0;
  const { answer, spans } = await traceRequest(new ZipkinClient(running.zipkinUrl), request, () => {
    answeredAt = performance.now();
    return { limitMs: 10_000, enough: ({ length }) => length >= expected, everyMs: 10, slowestMs: 10 };
  });
  if (spans.length < expected) throw new Error(`trace ${answer.traceId} is not whole after 10 s`);
  return performance.now() - answeredAt;
}

/**
 * Compares the variants, of which the first is the sandbox as shipped, the second has tracing off, and the last is what
 * the first is held against.
 *
 * @param shape spans of one `/trace/1` by service
 */
export async function runBench(
  installation: Installation,
  variants: readonly Variant[],
  shape: SpanCounts,
  options: BenchOptions,
): Promise<Bench> {
  const { concurrency, rounds, seconds, onProgress } = options;
  return withVariants(installation, variants, shape, async (runs) => {
    const [shipped, untraced] = runs;
    const other = runs.at(-1);
    if (!shipped || !untraced || !other) throw new Error('the bench needs two variants at least');
    await warm(runs, options);
    const compared = await runRounds(runs, { concurrency, rounds, seconds, onProgress });
    const rate = Math.max(1, Math.round((compared[0]?.requestsPerSecond ?? 0) / 2));
    onProgress(`${rate} requests/s on a and b`);
    const atHalf = await runRounds([shipped, untraced], { concurrency, rounds, seconds, rate, onProgress });
    const saturate = (run: VariantRun) => {
      onProgress(`${run.variant.name} at saturation for ${options.saturationSeconds} s`);
      return run.load({ concurrency, seconds: options.saturationSeconds });
    };
    const otherSaturation = await saturate(other);
    await Promise.all(runs.filter((run) => run !== shipped).map((run) => run.stop()));
    const saturation = await saturate(shipped);
    const memory = await shipped.usage();
    onProgress('single requests to the idle a');
    const spans = Object.values(shape).reduce((sum, each) => sum + each, 0);
    const waits: number[] = [];
    for (let request = 0; request < IDLE_REQUESTS; request++) {
      await delay(300 + 37 * request);
      waits.push(await timeToReadable(shipped, spans));
    }
    return {
      variants: compared,
      halfRate: { rate, variants: atHalf },
      saturation,
      otherSaturation,
      readable: { median: median(waits), max: Math.max(...waits) },
      memory,
    };
  });
}

/** Tries each value of one setting on the sandbox as shipped otherwise. */
export async function runSweep(
  installation: Installation,
  variants: readonly Variant[],
  shape: SpanCounts,
  options: BenchOptions,
): Promise<Summary[]> {
  const { concurrency, rounds, seconds, onProgress } = options;
  return withVariants(installation, variants, shape, async (runs) => {
    await warm(runs, options);
    return runRounds(runs, { concurrency, rounds, seconds, onProgress });
  });
}
