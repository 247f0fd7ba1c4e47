import { formatMicros } from '../trace/duration.js';
import { kindOf, serviceOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import { columnsOf, type DrawOptions, printable } from './terminal-text.js';
import type { Waterfall, WaterfallRow } from './waterfall.js';

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

/** A row with what its line begins with. */
export interface Row extends WaterfallRow {
  readonly prefix: string;
  /** The lines of the tree beside the text below the row. */
  readonly below: string;
  readonly duration: string;
}

/** A waterfall with the columns and characters of a terminal. */
export interface View extends Waterfall {
  readonly rows: readonly Row[];
  readonly glyphs: Glyphs;
  readonly unicode: boolean;
  readonly columns: Readonly<Record<'all' | 'tree' | 'kind' | 'name' | 'bar' | 'duration', number>>;
}

/** Gives a waterfall the columns and characters that suit a terminal. */
export function layOutText(waterfall: Waterfall, { width, unicode = true }: DrawOptions): View {
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
