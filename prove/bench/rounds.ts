import type { Round, VariantRun } from './variant-run.js';

/** The medians of a variant's rounds. Spans are sums. */
export interface Summary {
  readonly name: string;
  readonly description: string;
  readonly rounds: number;
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU seconds for 1,000 requests, by `<service>/<command>`. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly failed: number;
  readonly stored: number;
  readonly evicted: number;
  readonly missing: number;
  /** Why spans are missing, and what else was odd: a line for each. */
  readonly remarks: readonly string[];
}

export interface RoundOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly concurrency: number;
  readonly rate?: number;
  readonly onProgress: (text: string) => void;
}

function summarise({ variant }: VariantRun, rounds: readonly Round[]): Summary {
  const medianOf = (value: (round: Round) => number): number => median(rounds.map(value));
  const sumOf = (value: (round: Round) => number): number => rounds.reduce((sum, round) => sum + value(round), 0);
  const processes = Object.keys(rounds[0]?.cpu ?? {});
  return {
    name: variant.name,
    description: variant.description,
    rounds: rounds.length,
    requestsPerSecond: medianOf((round) => round.requestsPerSecond),
    p50: medianOf(({ latency }) => latency.p50),
    p99: medianOf(({ latency }) => latency.p99),
    cpu: Object.fromEntries(processes.map((name) => [name, medianOf(({ cpu }) => cpu[name] ?? 0)])),
    failed: sumOf(({ requests, statuses }) => requests - (statuses[200] ?? 0)),
    stored: sumOf(({ ledger }) => ledger.total.stored),
    evicted: sumOf(({ ledger }) => ledger.total.evicted),
    missing: sumOf(({ ledger }) => ledger.total.missing),
    remarks: rounds.flatMap(({ ledger, quiet }, round) => {
      const losses = ledger.rows
        .filter(({ missing }) => missing > 0)
        .flatMap(({ reporter, remarks }) => remarks.map((remark) => `${reporter}: ${remark}`));
      const late = quiet ? [] : ['some reporter still had spans to send'];
      return [...losses, ...ledger.notes, ...late].map((remark) => `round ${round + 1}: ${remark}`);
    }),
  };
}

/**
 * Puts the same load on several variants in turn, round by round, so that other work of the machine affects all of them
 * alike. Each round ends when its last span has been reported and its traces have been read.
 */
export async function runRounds(runs: readonly VariantRun[], options: RoundOptions): Promise<Summary[]> {
  const { rounds, seconds, concurrency, rate, onProgress } = options;
  const results = new Map<VariantRun, Round[]>(runs.map((run) => [run, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [run, done] of results) {
      onProgress(`round ${round} of ${rounds}: ${run.variant.name}`);
      done.push(await run.load({ concurrency, seconds, ...(rate === undefined ? {} : { rate }) }));
    }
  }
  return [...results].map(([run, done]) => summarise(run, done));
}

/** @returns the middle of `values`, or the mean of the two in the middle; 0 if there are none */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return 0;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] ?? 0;
  return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
