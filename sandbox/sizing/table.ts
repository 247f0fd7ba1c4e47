import { markdownTable } from '../load/markdown-table.js';
import type { Cost, Measured } from './measured.js';
import { type Sizing, samplingFor, sizeOf, usual } from './sizing.js';

/** The requests a second of the table in docs/growing.md, and the store that each is given. */
const scales = [
  { requestsPerSecond: 100, nodes: 3 },
  { requestsPerSecond: 10_000, nodes: 6 },
  { requestsPerSecond: 1_000_000, nodes: 24 },
] as const;

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Three significant digits at most. */
const short = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en-US');

/** @returns bytes as people say them, in powers of ten */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes) / 3)));
  return `${short(bytes / 1000 ** power)} ${units[power]}`;
}

export const percentText = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

const ofCost = ({ untraced, traced }: Cost): string[] => [`${count(untraced)} µs`, `${count(traced)} µs`];
const aCore = (micros: number): string => count(1e6 / micros);

/** What was measured, as the table of docs/growing.md. */
export function measuredTable(measured: Measured): string {
  const { requestsPerSecond, front, sidecar, callingApp, answeringApp, zipkin, cassandra, bytesPerSpan } = measured;
  const parts: readonly (readonly [name: string, cost: Cost])[] = [
    ['front proxy', front],
    ["a sidecar's listener", sidecar],
    ['an app that calls another', callingApp],
    ['an app that only answers', answeringApp],
  ];
  return [
    `Measured on ${measured.date} (${measured.machine}; everything on it, the load too) at ${count(requestsPerSecond)} requests/s.`,
    '',
    markdownTable(
      ['part', 'processor time a request, untraced', 'traced', 'requests/s that fill a core, traced'],
      parts.map(([name, cost]) => [name, ...ofCost(cost), aCore(cost.traced)]),
    ),
    '',
    markdownTable(
      ['part', 'processor time a span', 'spans/s that fill a core', 'bytes a span'],
      [
        ['Zipkin', `${count(zipkin)} µs`, aCore(zipkin), `${count(bytesPerSpan.sent)} sent to it`],
        ['Cassandra', `${count(cassandra)} µs`, aCore(cassandra), `${count(bytesPerSpan.stored)} on each node's disk`],
      ],
    ),
  ].join('\n');
}

function sizingRow(requestsPerSecond: number, sampling: number, sizing: Sizing): string[] {
  const { cassandra } = sizing;
  return [
    count(requestsPerSecond),
    percentText(sampling),
    short(sizing.spansPerSecond),
    `${bytesText(sizing.sentBytesPerSecond)}/s`,
    count(sizing.fronts),
    `${count(sizing.service1)} + ${count(sizing.service2)}`,
    count(sizing.zipkins),
    `${count(cassandra.nodes)} (${cassandra.boundBy})`,
    bytesText(cassandra.bytes),
    sizing.reporting,
  ];
}

/** The sizing table of docs/growing.md: for each scale all traced, then as much as its store takes. */
export function sizingTable(measured: Measured): string {
  const rows = scales.flatMap(({ requestsPerSecond, nodes }) => {
    const demand = { ...usual, requestsPerSecond };
    const fitting = samplingFor(measured, demand, nodes);
    const shares = fitting < 1 ? [1, fitting] : [1];
    return shares.map((sampling) => sizingRow(requestsPerSecond, sampling, sizeOf(measured, { ...demand, sampling })));
  });
  const header = [
    'requests/s',
    'sampled',
    'spans/s',
    'sent to Zipkin',
    'fronts',
    'service1 + service2 pods',
    'Zipkins',
    'Cassandra nodes (bound by)',
    `kept, ${usual.days} days`,
    'reporting',
  ];
  return markdownTable(header, rows);
}

/** One sizing in lines, for a terminal. */
export function sizingLines(requestsPerSecond: number, sampling: number, sizing: Sizing): string[] {
  const { cassandra, reporting } = sizing;
  const bound = {
    processor: 'as many as the processors need',
    disk: 'as many as the disks need',
    copies: 'one a copy',
  };
  const way =
    reporting === 'direct'
      ? 'directly to Zipkin'
      : 'too many senders for direct reports: put collectors between (docs/growing.md)';
  return [
    `${count(requestsPerSecond)} requests/s, ${percentText(sampling)} traced: ${short(sizing.spansPerSecond)} spans/s, ${bytesText(sizing.sentBytesPerSecond)}/s`,
    `  front-envoy   ${count(sizing.fronts)} pods of one core`,
    `  service1      ${count(sizing.service1)} pods`,
    `  service2      ${count(sizing.service2)} pods`,
    `  zipkin        ${count(sizing.zipkins)} pods`,
    `  cassandra     ${count(cassandra.nodes)} nodes, ${bound[cassandra.boundBy]}; ${bytesText(cassandra.bytes)} with all copies`,
    `  reports       ${count(sizing.reporters)} processes, ${way}; one Zipkin away costs ${short(sizing.lostPerSecondAway)} spans each second`,
  ];
}
