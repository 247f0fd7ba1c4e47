import { stripVTControlCharacters } from 'node:util';
import { formatMicros, formatTime } from '../trace/duration.js';
import { kindOf, noService, serviceOf } from '../trace/span.js';
import type { SpanTree } from '../trace/tree.js';
import { columnsOf, type DrawOptions, fitColumns, paint, printable, type Style } from './terminal-text.js';
import { layOutText, type Row, type View } from './text-layout.js';
import { layOutWaterfall } from './waterfall.js';

/**
 * Draws a trace for a terminal: a heading with trace id, number of spans and total duration, the start and the time
 * axis, and a legend. Each span has one line with tree, service, kind, name, a bar to scale and the duration. The bar
 * is solid where the span itself is on the critical path, and thin elsewhere. A failed span is red. A line below a span
 * has its error tag, a missing parent or a wrong clock. Unprintable characters in names are replaced.
 *
 * @returns lines without line ends
 */
export function drawTrace(tree: SpanTree, options: DrawOptions): string[] {
  if (tree.nodes.length === 0) return ['no spans'];
  const view = layOutText(layOutWaterfall(tree), options);
  const rows = view.rows.flatMap((row) => [drawRow(view, row), ...drawNotes(view, row)]);
  const missing = view.size - view.rows.length;
  const rest = missing > 0 ? [`${view.rows.length} of ${view.size} spans are drawn; ${missing} are left out`] : [];
  const lines = [drawHeading(view), drawAxis(view), ...rows, ...rest, drawLegend(view)];
  return options.colour ? lines : lines.map(stripVTControlCharacters);
}

function drawHeading({ traceId, size, total, unicode, columns, glyphs }: View): string {
  const count = `${size} ${size === 1 ? 'span' : 'spans'}`;
  const text = [`trace ${printable(traceId)}`, count, formatMicros(total, unicode)].join(glyphs.dot);
  return paint('bold', fitColumns(text, columns.all, glyphs.cut).trimEnd());
}

function drawAxis({ start, total, unicode, columns, glyphs }: View): string {
  const left = columns.tree + columns.kind + columns.name + 2;
  const full = formatTime(start);
  const clock = full.length <= left ? full : full.slice(full.indexOf(' ') + 1);
  const ticks = ['0', formatMicros(total / 2, unicode), formatMicros(total, unicode)] as const;
  return paint('dim', `${fitColumns(clock, left, glyphs.cut)} ${spread(ticks, columns.bar)}`.trimEnd());
}

function spread([first, middle, last]: readonly [string, string, string], columns: number): string {
  const half = (columns - middle.length) >> 1;
  const before = half - first.length;
  const after = columns - half - middle.length - last.length;
  if (before >= 2 && after >= 2) return first + ' '.repeat(before) + middle + ' '.repeat(after) + last;
  const between = columns - first.length - last.length;
  return between >= 1 ? first + ' '.repeat(between) + last : '';
}

function drawRow(view: View, row: Row): string {
  const { node, prefix, duration, isFailed } = row;
  const { columns, glyphs } = view;
  const service = serviceOf(node.span) || noService;
  const style = isFailed ? 'red' : styleOf(service);
  return [
    paint('dim', prefix) + paint(style, fitColumns(printable(service), columns.tree - columnsOf(prefix), glyphs.cut)),
    kindOf(node.span).padEnd(columns.kind),
    fitColumns(printable(node.span.name ?? ''), columns.name, glyphs.cut),
    paint(style, drawBar(view, row)),
    duration.padStart(columns.duration),
  ].join(' ');
}

function drawBar({ total, columns, glyphs }: View, { time, own, isOnPath }: Row): string {
  if (!time) return '?'.padEnd(columns.bar);
  const halves = columns.bar * 2;
  const scale = total > 0 ? halves / total : 0;
  const from = Math.min(Math.floor(time.start * scale), halves - 1);
  const to = Math.min(Math.max(Math.ceil(time.end * scale), from + 1), halves);
  const [left, right, both] = isOnPath ? glyphs.waiting : glyphs.aside;
  const first = (from + 1) >> 1;
  const middle = (to >> 1) - first;
  const cells = [...' '.repeat(from >> 1), ...(from % 2 ? right : ''), ...both.repeat(middle)];
  if (to % 2) cells.push(left);
  cells.push(...' '.repeat(columns.bar - cells.length));
  for (const part of own) {
    cells.fill(glyphs.own, Math.round((part.start * scale) / 2), Math.round((part.end * scale) / 2));
  }
  return cells.join('');
}

function drawNotes({ columns, glyphs }: View, { node, below, notes }: Row): string[] {
  const prefix = below + (node.children.length > 0 ? glyphs.line : ' '.repeat(glyphs.line.length));
  return notes.map(({ text, isFault }) => {
    const note = printable(`${isFault ? glyphs.fault : glyphs.cut} ${text}`);
    const drawn = fitColumns(note, columns.all - columnsOf(prefix), glyphs.cut).trimEnd();
    return paint('dim', prefix) + paint(isFault ? 'red' : 'dim', drawn);
  });
}

function drawLegend({ rows, columns, glyphs }: View): string {
  const parts = [`${glyphs.own} critical path`, `${glyphs.waiting[2]} rest of the same span`];
  if (rows.some(({ isOnPath }) => !isOnPath)) parts.push(`${glyphs.aside[2]} other span`);
  return paint('dim', fitColumns(parts.join('  '), columns.all, glyphs.cut).trimEnd());
}

const serviceStyles: readonly Style[] = ['cyan', 'green', 'yellow', 'blue', 'magenta'];

function styleOf(service: string): Style {
  let sum = 0;
  for (const char of service) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 1_000_003;
  return serviceStyles[sum % serviceStyles.length] ?? 'cyan';
}
