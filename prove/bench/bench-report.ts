import { markdownTable, type Row } from '../../sandbox/load/markdown-table.js';
import type { MeasuredLoad } from '../../sandbox/load/measure.js';
import type { Bench } from './bench.js';
import type { Summary } from './rounds.js';

const table = (head: Row, rows: readonly Row[]): string => markdownTable(head, rows, { numbers: true });
const count = (value: number): string => Math.round(value).toLocaleString('en');
const fixed = (value: number, digits: number): string => value.toFixed(digits);
const megabytes = (bytes: number): string => fixed(bytes / 1e6, 0);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function titleOf({ name, description }: Summary): string {
  return description ? `(${name}) ${description}` : `\`${name}\``;
}

/** @returns throughput, latency and spans of variants, and CPU seconds per 1,000 requests of their processes */
export function describeVariants(variants: readonly Summary[]): string[] {
  const processes = [...new Set(variants.flatMap(({ cpu }) => Object.keys(cpu)))].sort();
  return [
    table(
      ['', 'requests/s', 'p50 ms', 'p99 ms', 'failed', 'spans expected', 'stored', 'evicted later', 'missing'],
      variants.map((each) => [
        titleOf(each),
        count(each.requestsPerSecond),
        fixed(each.p50, 1),
        fixed(each.p99, 1),
        count(each.failed),
        count(each.expected),
        count(each.stored + each.evicted),
        count(each.evicted),
        count(each.missing),
      ]),
    ),
    '',
    table(
      ['CPU s per 1,000 requests', 'all', ...processes],
      variants.map((each) => [
        titleOf(each),
        fixed(sum(Object.values(each.cpu)), 2),
        ...processes.map((name) => fixed(each.cpu[name] ?? 0, 2)),
      ]),
    ),
    ...remarksOf(variants),
  ];
}

function remarksOf(variants: readonly Summary[]): string[] {
  const remarks = variants.flatMap(({ name, remarks }) => remarks.map((remark) => `- (${name}) ${remark}`));
  return remarks.length > 0 ? ['', ...remarks] : [];
}

/** @returns everything that a bench measured, in Markdown */
export function describeBench(bench: Bench): string[] {
  const [shipped, untraced, , tutorial] = bench.variants;
  const [shippedAtHalf, untracedAtHalf] = bench.halfRate.variants;
  const saturated = (name: string, { seconds, ledger }: MeasuredLoad): Row => [
    `(${name}) at saturation for ${fixed(seconds, 0)} s: spans missing`,
    `${count(ledger.total.missing)} of ${count(ledger.total.missing + ledger.total.stored + ledger.total.evicted)}; ${count(ledger.total.stored)} still stored, ${count(ledger.total.evicted)} stored and evicted`,
  ];
  const rate = (each: Summary | undefined): number => each?.requestsPerSecond ?? 0;
  const proportional = sum(Object.values(bench.memory).map(({ proportionalBytes }) => proportionalBytes));
  const resident = sum(Object.values(bench.memory).map(({ residentBytes }) => residentBytes));
  return [
    ...describeVariants(bench.variants),
    '',
    table(
      ['what', 'measured'],
      [
        ['(a) over (d), requests/s', fixed(rate(shipped) / rate(tutorial), 2)],
        ['(a) over (b), requests/s', fixed(rate(shipped) / rate(untraced), 2)],
        [
          `(a) over (b), p99 at ${bench.halfRate.rate} requests/s`,
          `${fixed((shippedAtHalf?.p99 ?? 0) / (untracedAtHalf?.p99 ?? 1), 2)} (${fixed(shippedAtHalf?.p99 ?? 0, 1)} over ${fixed(untracedAtHalf?.p99 ?? 0, 1)} ms)`,
        ],
        saturated('a', bench.saturation),
        saturated('d', bench.otherSaturation),
        [
          'idle: answer until the whole trace is readable',
          `median ${count(bench.readable.median)} ms, longest ${count(bench.readable.max)} ms`,
        ],
        [
          'memory of all processes of (a) afterwards',
          `${megabytes(proportional)} MB (${megabytes(resident)} MB if pages that they share count for each)`,
        ],
      ],
    ),
    '',
    table(
      ['memory, MB', ...Object.keys(bench.memory)],
      [
        ['proportional', ...Object.values(bench.memory).map(({ proportionalBytes }) => megabytes(proportionalBytes))],
        ['resident', ...Object.values(bench.memory).map(({ residentBytes }) => megabytes(residentBytes))],
      ],
    ),
  ];
}
