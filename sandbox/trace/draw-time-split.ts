import { type DrawOptions, paintWithCodes } from './draw.js';
import { formatMicros } from './duration.js';
import { columnsOf, fitColumns, printable } from './terminal-text.js';
import type { TimeShare } from './time-split.js';

/**
 * Draws how the time of a request divides into services and the wires between them, the longest share first: one line
 * a share with its part, duration, percentage and a bar. Gives lines without line ends, none wider than the terminal.
 */
export function drawTimeSplit(shares: readonly TimeShare[], { width, colour, unicode = true }: DrawOptions): string[] {
  const all = Math.max(40, Math.floor(width));
  const total = shares.reduce((sum, { micros }) => sum + micros, 0);
  const arrow = unicode ? '→' : '->';
  const nameOf = ({ part }: TimeShare) =>
    printable('service' in part ? part.service : `${part.from} ${arrow} ${part.to}`);
  const names = Math.min(
    all - 28,
    shares.reduce((most, share) => Math.max(most, columnsOf(nameOf(share))), 0),
  );
  const bars = Math.min(40, all - names - 17);
  return [...shares]
    .sort((a, b) => b.micros - a.micros)
    .map((share) => {
      const portion = total > 0 ? share.micros / total : 0;
      const bar = (unicode ? '█' : '#').repeat(Math.round(portion * bars));
      const name = fitColumns(nameOf(share), names, unicode ? '…' : '~');
      const figures = `${formatMicros(share.micros, unicode).padStart(8)} ${`${Math.round(portion * 100)} %`.padStart(5)}`;
      const paint =
        'service' in share.part || !colour ? (text: string) => text : (text: string) => paintWithCodes('dim', text);
      return paint(`${name} ${figures} ${bar}`.trimEnd());
    });
}
