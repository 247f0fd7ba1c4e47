import { formatMicros } from '../trace/duration.js';
import { noService } from '../trace/span.js';
import type { TimeShare } from '../trace/time-split.js';
import type { DrawOptions } from './terminal-text.js';
import { columnsOf, fitColumns, paint, printable } from './terminal-text.js';

const mostShares = 30;

/**
 * Draws how the time of a request is split into services and the network between them. One line for each share, the
 * longest first: part, duration, percentage and a bar. If there are many shares, the smallest are left out.
 *
 * @returns lines without line ends, none wider than the terminal
 */
export function drawTimeSplit(shares: readonly TimeShare[], { width, colour, unicode = true }: DrawOptions): string[] {
  const all = Math.max(40, Math.floor(width));
  const glyphs = unicode ? { arrow: '→', cut: '…', bar: '█' } : { arrow: '->', cut: '~', bar: '#' };
  const total = shares.reduce((sum, { micros }) => sum + micros, 0);
  const rows = [...shares]
    .sort((a, b) => b.micros - a.micros)
    .slice(0, mostShares)
    .map(({ part, micros }) => {
      const name = 'service' in part ? part.service || noService : `${part.from} ${glyphs.arrow} ${part.to}`;
      return { name: printable(name), isWire: 'from' in part, micros, portion: total > 0 ? micros / total : 0 };
    });
  const widest = rows.reduce((most, { name }) => Math.max(most, columnsOf(name)), 0);
  const names = Math.min(widest, all - 28);
  const bars = Math.min(40, all - names - 17);
  return rows.map(({ name, isWire, micros, portion }) => {
    const percent = `${Math.round(portion * 100)} %`;
    const figures = `${formatMicros(micros, unicode).padStart(8)} ${percent.padStart(5)}`;
    const bar = glyphs.bar.repeat(Math.round(portion * bars));
    const line = `${fitColumns(name, names, glyphs.cut)} ${figures} ${bar}`.trimEnd();
    return colour && isWire ? paint('dim', line) : line;
  });
}
