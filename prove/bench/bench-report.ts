import { markdownTable } from 'markdown-table';
import type { Usage } from '../control/process-usage.js';
import type { Bench } from './bench.js';
import type { Summary } from './rounds.js';

type Row = readonly string[];

/** A table whose first column is text and whose other columns are numbers. */
const table = (rows: readonly Row[]): string =>
  markdownTable(rows, { align: rows[0]?.map((_, column) => (column === 0 ? 'l' : 'r')) ?? [] });
const count = (value: number): string => Math.round(value).toLocaleString('en');
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const titleOf = ({ name, description }: Summary): string => (description ? `(${name}) ${description}` : `\`${name}\``);

/** @returns throughput, latency and spans of variants, and CPU seconds per 1,000 requests of their processes */
export function describeVariants(variants: readonly Summary[]): string[] {
  const processes = [...new Set(variants.flatMap(({ cpu }) => Object.keys(cpu)))].sort();
  const remarks = variants.flatMap(({ name, remarks }) => remarks.map((remark) => `- (${name}) ${remark}`));
  return [
    table([
      ['', 'requests/s', 'p50 ms', 'p99 ms', 'failed', 'spans stored', 'evicted later', 'missing'],
      ...variants.map((each) => [
        titleOf(each),
        count(each.requestsPerSecond),
        each.p50.toFixed(1),
        each.p99.toFixed(1),
        ...[each.failed, each.stored + each.evicted, each.evicted, each.missing].map(count),
      ]),
    ]),
    '',
    table([
      ['CPU s per 1,000 requests', 'all', ...processes],
      ...variants.map((each) => [
        titleOf(each),
        ...[sum(Object.values(each.cpu)), ...processes.map((name) => each.cpu[name] ?? 0)].map((cpu) => cpu.toFixed(2)),
      ]),
    ]),
    ...(remarks.length > 0 ? ['', ...remarks] : []),
  ];
}

/** @returns all results of a bench, in Markdown */
export function describeBench(bench: Bench): string[] {
  const rates = bench.variants.map(({ requestsPerSecond }) => requestsPerSecond);
  const [shipped = 0, untraced = 0] = rates;
  const [shippedP99 = 0, untracedP99 = 0] = bench.halfRate.variants.map(({ p99 }) => p99);
  const saturated = Object.entries({ a: bench.saturation, d: bench.otherSaturation }).map(([name, load]) => {
    const { missing, stored, evicted } = load.ledger.total;
    return [
      `(${name}) at saturation for ${load.seconds.toFixed(0)} s: spans missing`,
      `${count(missing)} of ${count(missing + stored + evicted)}; ${count(stored)} still stored, ${count(evicted)} stored and evicted`,
    ];
  });
  const all = Object.values(bench.memory);
  const memory = (bytes: (usage: Usage) => number): string[] => [sum(all.map(bytes)), ...all.map(bytes)].map(megabytes);
  return [
    ...describeVariants(bench.variants),
    '',
    table([
      ['what', 'measured'],
      ['(a) over (d), requests/s', (shipped / (rates.at(-1) ?? 1)).toFixed(2)],
      ['(a) over (b), requests/s', (shipped / untraced).toFixed(2)],
      [
        `(a) over (b), p99 at ${bench.halfRate.rate} requests/s`,
        `${(shippedP99 / untracedP99).toFixed(2)} (${shippedP99.toFixed(1)} over ${untracedP99.toFixed(1)} ms)`,
      ],
      ...saturated,
      [
        'idle: answer until the whole trace is readable',
        `median ${count(bench.readable.median)} ms, longest ${count(bench.readable.max)} ms`,
      ],
    ]),
    '',
    table([
      ['memory of (a) afterwards, MB', 'all', ...Object.keys(bench.memory)],
      ['proportional', ...memory(({ proportionalBytes }) => proportionalBytes)],
      ['resident', ...memory(({ residentBytes }) => residentBytes)],
    ]),
  ];
}
