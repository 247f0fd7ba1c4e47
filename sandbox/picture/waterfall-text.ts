import { formatMicros } from '../trace/duration.js';
import { kindOf, noService, serviceOf } from '../trace/span.js';
import type { SpanNode, SpanTree } from '../trace/tree.js';
import { columnsOf, fitColumns, paint, printable, type Style } from './terminal-text.js';
import { layOutWaterfall, type Waterfall, type WaterfallRow } from './waterfall.js';

export interface DrawOptions {
  /** Columns of the terminal. No line is wider. Less than 40 counts as 40. */
  readonly width: number;
  readonly colour: boolean;
  /** Default true. False draws with ASCII only. */
  readonly unicode?: boolean;
}

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
  const view = layOut(layOutWaterfall(tree), options);
  const rows = view.rows.flatMap((row) => [drawRow(view, row), ...drawNotes(view, row)]);
  const missing = view.size - view.rows.length;
  const rest = missing > 0 ? [`${view.rows.length} of ${view.size} spans are drawn; ${missing} are left out`] : [];
  return [drawHeading(view), drawAxis(view), ...rows, ...rest, drawLegend(view)];
}

/** The characters of a bar for the halves of a column that it fills: the left one, the right one, both. */
type Halves = readonly [left: string, right: string, both: string];

interface Glyphs {
  readonly last: string;
  readonly next: string;
  readonly line: string;
  readonly cut: string;
  readonly fault: string;
  readonly dot: string;
  /** `own`: the span works, on the critical path. `waiting`: it waits there for a child. `aside`: it is not on the path. */
  readonly own: string;
  readonly waiting: Halves;
  readonly aside: Halves;
}

const unicodeGlyphs: Glyphs = {
  ...{ last: '└ ', next: '├ ', line: '│ ' },
  ...{ cut: '…', fault: '✗', dot: ' · ', own: '█', waiting: ['╸', '╺', '━'], aside: ['╴', '╶', '─'] },
};
const asciiGlyphs: Glyphs = {
  ...{ last: '+-', next: '|-', line: '| ' },
  ...{ cut: '~', fault: 'x', dot: ', ', own: '#', waiting: ['=', '=', '='], aside: ['-', '-', '-'] },
};

/**
 * A deep tree that would take more than a third of a line uses one column for each level instead of two, to leave room
 * for names.
 */
function isDense({ rows }: Waterfall, columns: number): boolean {
  return rows.some(({ node: { depth, span } }) => {
    return depth > 2 && depth * 2 + columnsOf(printable(serviceOf(span))) > columns / 3;
  });
}

function glyphsFor(unicode: boolean, dense: boolean): Glyphs {
  const glyphs = unicode ? unicodeGlyphs : asciiGlyphs;
  const [last = '', next = '', line = ''] = [glyphs.last, glyphs.next, glyphs.line].map((text) => text.slice(0, 1));
  return dense ? { ...glyphs, last, next, line } : glyphs;
}

interface Row extends WaterfallRow {
  readonly prefix: string;
  /** The lines of the tree beside the text below the row. */
  readonly below: string;
  readonly duration: string;
}

interface View extends Waterfall {
  readonly rows: readonly Row[];
  readonly glyphs: Glyphs;
  readonly unicode: boolean;
  readonly columns: Readonly<Record<'all' | 'tree' | 'kind' | 'name' | 'bar' | 'duration', number>>;
  readonly paint: (style: Style, text: string) => string;
}

function layOut(waterfall: Waterfall, { width, colour, unicode = true }: DrawOptions): View {
  const all = Math.max(40, Math.floor(width));
  const dense = isDense(waterfall, all);
  const glyphs = glyphsFor(unicode, dense);
  const treeLimit = Math.floor(all * 0.42);
  const rows = placeInTree(waterfall.rows, glyphs, treeLimit, unicode);
  const widest = (least: number, text: (row: Row) => string) =>
    rows.reduce((most, row) => Math.max(most, columnsOf(text(row))), least);
  const treeColumns = Math.min(
    treeLimit,
    widest(8, ({ prefix, node }) => prefix + printable(serviceOf(node.span))),
  );
  const kind = widest(4, ({ node }) => kindOf(node.span));
  const duration = widest(7, (row) => row.duration);
  const rest = all - treeColumns - kind - duration - 4;
  const name = Math.min(
    Math.floor(rest * (dense ? 0.55 : 0.45)),
    widest(4, ({ node }) => printable(node.span.name ?? '')),
  );
  return {
    ...waterfall,
    rows,
    glyphs,
    unicode,
    columns: { all, tree: treeColumns, kind, name, bar: rest - name, duration },
    paint: colour ? paint : (_, text) => text,
  };
}

function placeInTree(rows: readonly WaterfallRow[], glyphs: Glyphs, limit: number, unicode: boolean): Row[] {
  const belowOf = new Map<SpanNode | undefined, string>();
  const lastOf = new Map(rows.map(({ node }) => [node.parent, node]));
  return rows.map((row) => {
    const { span, parent, depth } = row.node;
    const duration = span.duration === undefined ? '?' : formatMicros(span.duration, unicode);
    if (!parent) return { ...row, duration, prefix: '', below: '' };
    const isLast = lastOf.get(parent) === row.node;
    const branch = isLast ? glyphs.last : glyphs.next;
    if (depth * glyphs.line.length > limit - 8)
      return { ...row, duration, prefix: `${glyphs.cut}${depth} ${branch}`, below: '' };
    const above = belowOf.get(parent) ?? '';
    const below = above + (isLast ? ' '.repeat(glyphs.line.length) : glyphs.line);
    belowOf.set(row.node, below);
    return { ...row, duration, prefix: above + branch, below };
  });
}

function drawHeading({ traceId, size, total, unicode, columns, glyphs, paint }: View): string {
  const count = `${size} ${size === 1 ? 'span' : 'spans'}`;
  const text = [`trace ${printable(traceId)}`, count, formatMicros(total, unicode)].join(glyphs.dot);
  return paint('bold', fitColumns(text, columns.all, glyphs.cut).trimEnd());
}

function drawAxis({ start, total, unicode, columns, glyphs, paint }: View): string {
  const left = columns.tree + columns.kind + columns.name + 2;
  const clock = start === undefined ? '' : clockTime(start, left);
  const ticks = ['0', formatMicros(total / 2, unicode), formatMicros(total, unicode)] as const;
  return paint('dim', `${fitColumns(clock, left, glyphs.cut)} ${spread(ticks, columns.bar)}`.trimEnd());
}

function clockTime(micros: number, columns: number): string {
  const date = new Date(micros / 1000);
  if (Number.isNaN(date.getTime())) return '';
  const full = date.toISOString().replace('T', ' ').replace('Z', ' UTC');
  return full.length <= columns ? full : full.slice(full.indexOf(' ') + 1);
}

function spread([first, middle, last]: readonly [string, string, string], columns: number): string {
  const half = (columns - middle.length) >> 1;
  const before = half - first.length;
  const after = columns - half - middle.length - last.length;
  if (before >= 2 && after >= 2) return first + ' '.repeat(before) + middle + ' '.repeat(after) + last;
  const between = columns - first.length - last.length;
  return between >= 1 ? first + ' '.repeat(between) + last : '';
}

function drawRow(view: View, { node, prefix, duration, error, ...row }: Row): string {
  const { columns, glyphs, paint } = view;
  const service = serviceOf(node.span) || noService;
  const style = error === undefined ? styleOf(service) : 'red';
  return [
    paint('dim', prefix) + paint(style, fitColumns(printable(service), columns.tree - columnsOf(prefix), glyphs.cut)),
    kindOf(node.span).padEnd(columns.kind),
    fitColumns(printable(node.span.name ?? ''), columns.name, glyphs.cut),
    paint(style, drawBar(view, row)),
    duration.padStart(columns.duration),
  ].join(' ');
}

function drawBar(
  { total, columns, glyphs }: View,
  { time, own, isOnPath }: Pick<WaterfallRow, 'time' | 'own' | 'isOnPath'>,
): string {
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

function drawNotes({ columns, glyphs, paint }: View, { node, below, error, remarks, asides }: Row): string[] {
  const prefix = below + (node.children.length > 0 ? glyphs.line : ' '.repeat(glyphs.line.length));
  const draw = (style: Style, note: string) => {
    const text = fitColumns(printable(note), columns.all - columnsOf(prefix), glyphs.cut);
    return paint('dim', prefix) + paint(style, text.trimEnd());
  };
  return [
    ...[...(error === undefined ? [] : [error]), ...remarks].map((note) => draw('red', `${glyphs.fault} ${note}`)),
    ...asides.map((note) => draw('dim', `${glyphs.cut} ${note}`)),
  ];
}

function drawLegend({ rows, columns, glyphs, paint }: View): string {
  const parts = [`${glyphs.own} critical path`, `${glyphs.waiting[2]} rest of a span on it`];
  if (rows.some(({ isOnPath }) => !isOnPath)) parts.push(`${glyphs.aside[2]} span not on it`);
  return paint('dim', fitColumns(parts.join('  '), columns.all, glyphs.cut).trimEnd());
}

const serviceStyles: readonly Style[] = ['cyan', 'green', 'yellow', 'blue', 'magenta'];

function styleOf(service: string): Style {
  let sum = 0;
  for (const char of service) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 1_000_003;
  return serviceStyles[sum % serviceStyles.length] ?? 'cyan';
}
