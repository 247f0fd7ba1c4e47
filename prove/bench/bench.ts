import { setTimeout as delay } from 'node:timers/promises';
import type { MeasuredLoad } from '../../sandbox/load/measure.js';
import { traceRequest } from '../../sandbox/observe/collect.js';
import type { SpanCounts } from '../../sandbox/observe/stored-traces.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import type { Usage } from '../control/process-usage.js';
import { requestPath } from '../request-shape.js';
import { median, type RoundOptions, runRounds, type Summary } from './rounds.js';
import { VariantRun } from './variant-run.js';
import type { Variant } from './variants.js';

/** What to measure, and for how long; times in seconds. */
export interface BenchOptions extends RoundOptions {
  /** How long each variant is under load before the first round. */
  readonly warm: number;
  /** How long the last load at saturation lasts. */
  readonly saturation: number;
  /** The spans of one request by reporter. */
  readonly spansEach: SpanCounts;
}

/** The results of `npm run prove -- bench`. */
export interface Bench {
  readonly variants: readonly Summary[];
  /** (a) and (b), both at half the rate that (a) can answer. */
  readonly halfRate: { readonly rate: number; readonly variants: readonly Summary[] };
  /** The long load on (a), and the same load on the last variant. */
  readonly saturation: MeasuredLoad;
  readonly otherSaturation: MeasuredLoad;
  /** Milliseconds from an answer of the idle (a) until its whole trace can be read. */
  readonly readable: { readonly median: number; readonly max: number };
  /** The memory of (a), after all other measurements. */
  readonly memory: Readonly<Record<string, Usage>>;
}

const idleRequests = 20;

/** Starts variants, warms them, does the work, and stops them in any case. */
async function withVariants<T>(
  variants: readonly Variant[],
  { spansEach, concurrency, warm, onProgress }: BenchOptions,
  work: (runs: readonly VariantRun[]) => Promise<T>,
): Promise<T> {
  const runs: VariantRun[] = [];
  try {
    for (const variant of variants) runs.push(await VariantRun.start(variant, spansEach));
    for (const run of runs) {
      onProgress(`warming ${run.variant.name}`);
      await run.load({ concurrency, seconds: warm });
    }
    return await work(runs);
  } finally {
    await Promise.all(runs.map((run) => run.control.stopAll()));
  }
}

/** @throws Error if a trace is not whole within ten seconds */
async function timeToReadable({ control: { sandbox } }: VariantRun, expected: number): Promise<number> {
  const request = { url: new URL(sandbox.frontUrl + requestPath), method: 'GET', headers: {} };
  let answeredAt = 0;
  const { answer, spans } = await traceRequest(new ZipkinClient(sandbox.zipkinUrl), request, () => {
    answeredAt = performance.now();
    return { limitMs: 10_000, enough: ({ length }) => length >= expected, everyMs: 10, slowestMs: 10 };
  });
  if (spans.length < expected) throw new Error(`trace ${answer.traceId} is not whole after 10 s`);
  return performance.now() - answeredAt;
}

/**
 * Compares the variants. The first one is the sandbox as shipped, the second one has tracing off, and the first one is
 * compared with the last one.
 */
export async function runBench(variants: readonly Variant[], options: BenchOptions): Promise<Bench> {
  const { concurrency, saturation: seconds, spansEach, onProgress } = options;
  return withVariants(variants, options, async (runs) => {
    const [shipped, untraced] = runs;
    const other = runs.at(-1);
    if (!shipped || !untraced || !other) throw new Error('the bench needs two variants at least');
    const compared = await runRounds(runs, options);
    const rate = Math.max(1, Math.round((compared[0]?.requestsPerSecond ?? 0) / 2));
    onProgress(`${rate} requests/s on a and b`);
    const atHalf = await runRounds([shipped, untraced], { ...options, rate });
    const saturate = (run: VariantRun) => {
      onProgress(`${run.variant.name} at saturation for ${seconds} s`);
      return run.load({ concurrency, seconds });
    };
    const otherSaturation = await saturate(other);
    await Promise.all(runs.filter((run) => run !== shipped).map((run) => run.control.stopAll()));
    const saturation = await saturate(shipped);
    const memory = await shipped.control.usage();
    onProgress('single requests to the idle a');
    const spans = Object.values(spansEach).reduce((sum, each) => sum + each, 0);
    const waits: number[] = [];
    for (let request = 0; request < idleRequests; request++) {
      await delay(300 + 37 * request);
      waits.push(await timeToReadable(shipped, spans));
    }
    const readable = { median: median(waits), max: Math.max(...waits) };
    return { variants: compared, halfRate: { rate, variants: atHalf }, saturation, otherSaturation, readable, memory };
  });
}

/** Tries each value of one setting on the sandbox, with all other settings as shipped. */
export function runSweep(variants: readonly Variant[], options: BenchOptions): Promise<Summary[]> {
  return withVariants(variants, options, (runs) => runRounds(runs, options));
}
