import type { Interval } from '../trace/clock.js';
import { formatMicros, formatTime } from '../trace/duration.js';
import { kindOf, noService, serviceOf } from '../trace/span.js';
import type { SpanNode, SpanTree } from '../trace/tree.js';
import { fitColumns, printable } from './terminal-text.js';
import { layOutWaterfall, type Waterfall, type WaterfallRow } from './waterfall.js';

export interface SvgOptions {
  /** The heading of the drawing. Default: the id of the trace. */
  readonly title?: string;
}

/** Pixels. `bars` begins and ends with the time axis. */
const width = 1080;
const bars = { from: 560, to: 1000 };
const columns = { service: 16, kind: 262, name: 322 };
const rowHeight = 22;
const indent = { step: 9, most: 16 };
/** The width of a character in the font of the drawing. */
const characterWidth = 7;

const style = `
  svg { --paper: #fff; --ink: #1f2328; --dim: #59636e; --rule: #d1d9e0; --bar: #0969da; --aside: #818b98; --fault: #cf222e; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --dim: #9198a1; --rule: #3d444d; --bar: #4493f8; --aside: #656c76; --fault: #ff7b72; }
  }
  .paper { fill: var(--paper); }
  text { fill: var(--ink); font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
  .title { font-size: 15px; font-weight: 600; }
  .dim, .tick { fill: var(--dim); }
  .end { text-anchor: end; }
  .tick { text-anchor: middle; }
  .rule, .branch { stroke: var(--rule); fill: none; }
  .own, .waiting { fill: var(--bar); }
  .waiting { opacity: 0.65; }
  .aside { fill: none; stroke: var(--aside); stroke-dasharray: 3 2; }
  .failed text, .fault { fill: var(--fault); }
  .failed .own, .failed .waiting { fill: var(--fault); }
  .failed .aside { stroke: var(--fault); }
`;

/**
 * Draws a trace as a self-contained SVG 1.1 picture: the same waterfall as `drawTrace`, one row for each span. It can
 * be read on light and dark paper, as the viewer prefers. Text stays text. Shapes repeat what colours show. A screen
 * reader can read the title, the description and each row (WAI-ARIA Graphics Module). Every name is escaped.
 */
export function drawSvg(tree: SpanTree, { title }: SvgOptions = {}): string {
  const waterfall = layOutWaterfall(tree);
  const id = waterfall.traceId.replace(/[^0-9a-z]/gi, '') || 'trace';
  const heading = escapeXml(title ?? `Trace ${waterfall.traceId}`);
  let y = 96;
  const rows = waterfall.rows.map((row) => {
    const drawing = drawRow(row, waterfall, y);
    y += rowHeight * (1 + row.notes.length);
    return drawing;
  });
  const height = y + 44;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" \
role="graphics-document document" aria-labelledby="title-${id}" aria-describedby="desc-${id}">
<title id="title-${id}">${heading}</title>
<desc id="desc-${id}">${escapeXml(describe(waterfall))}</desc>
<style>${style}</style>
<rect class="paper" width="${width}" height="${height}"/>
<text class="title" x="${columns.service}" y="30">${heading}</text>
<text class="dim" x="${columns.service}" y="52">${escapeXml(summary(waterfall))}</text>
${drawAxis(waterfall, height - 44)}
<g role="list">
${rows.join('\n')}
</g>
${drawLegend(height - 18)}
</svg>
`;
}

/** Escapes a text for XML content and attributes, and replaces unprintable characters. */
export function escapeXml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function summary({ traceId, size, total, start }: Waterfall): string {
  const count = `${size} ${size === 1 ? 'span' : 'spans'}`;
  return [traceId, count, formatMicros(total), formatTime(start)].filter((text, i) => text || i === 0).join(' · ');
}

function describe({ rows, size, failed, total, shares }: Waterfall): string {
  const [longest] = [...shares].sort((a, b) => b.micros - a.micros);
  const where = longest && ('service' in longest.part ? longest.part.service : `the way to ${longest.part.to}`);
  const most = longest ? `; ${formatMicros(longest.micros)} of it in ${where}` : '';
  const drawn = rows.length < size ? ` ${rows.length} of them are drawn.` : '';
  return `A waterfall of ${size} spans in ${formatMicros(total)}${most}. ${failed === 0 ? 'None' : failed} failed.${drawn}`;
}

function drawAxis({ total }: Waterfall, bottom: number): string {
  return [0, 0.25, 0.5, 0.75, 1]
    .map((part) => {
      const x = at(part * total, total);
      const label = part === 0 ? '0' : formatMicros(part * total);
      return `<path class="rule" d="M${x} 82V${bottom}"/><text class="tick" x="${x}" y="76">${label}</text>`;
    })
    .join('\n');
}

function drawRow(row: WaterfallRow, { total }: Waterfall, y: number): string {
  const { node, notes, isFailed } = row;
  const { span } = node;
  const base = y + 15;
  const left = columns.service + leftOf(node);
  const service = cut(serviceOf(span) || noService, columns.kind - left);
  const name = cut(span.name ?? '', bars.from - columns.name);
  const duration = span.duration === undefined ? '?' : formatMicros(span.duration);
  const lines = notes.map(({ text, isFault }, i) => {
    const [style, mark] = isFault ? ['fault', '✗'] : ['dim', '…'];
    const drawn = `${mark} ${cut(text, width - left - 40)}`;
    return `<text class="${style}" x="${left + 12}" y="${base + rowHeight * (i + 1)}">${drawn}</text>`;
  });
  const said = notes.map(({ text }) => text).join('; ');
  return `<g role="listitem"${isFailed ? ' class="failed"' : ''}>
<title>${escapeXml(`${serviceOf(span)} ${kindOf(span)} ${span.name ?? ''} ${duration} ${said}`)}</title>
${drawBranch(node, y)}<text x="${left}" y="${base}">${service}</text>\
<text class="dim" x="${columns.kind}" y="${base}">${kindOf(span)}</text>\
<text x="${columns.name}" y="${base}">${name}</text>
${drawBar(row, total, y)}<text class="end" x="${width - 16}" y="${base}">${duration}</text>
${lines.join('\n')}</g>`;
}

function leftOf({ depth }: SpanNode): number {
  return Math.min(depth, indent.most) * indent.step;
}

function drawBranch(node: SpanNode, y: number): string {
  if (node.depth === 0 || node.depth > indent.most) return '';
  const x = columns.service + leftOf(node);
  return `<path class="branch" d="M${x - 6} ${y - 3}V${y + 11}H${x - 2}"/>`;
}

function drawBar({ time, own, isOnPath }: WaterfallRow, total: number, y: number): string {
  if (!time) return '';
  const rect = (kind: string, { start, end }: { start: number; end: number }, top: number, height: number) => {
    const x = at(start, total);
    const length = Math.max(1, at(end, total) - x).toFixed(1);
    return `<rect class="${kind}" x="${x}" y="${y + top}" width="${length}" height="${height}"/>`;
  };
  if (!isOnPath) return rect('aside', time, 8, 6);
  const apart = mergeClose(own, total / (bars.to - bars.from));
  return [rect('waiting', time, 9, 4), ...apart.map((part) => rect('own', part, 5, 12))].join('');
}

/** Joins parts with less than a pixel between them. */
function mergeClose(parts: readonly Interval[], pixel: number): Interval[] {
  const merged: Interval[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (last && part.start - last.end < pixel) merged[merged.length - 1] = { start: last.start, end: part.end };
    else merged.push(part);
  }
  return merged;
}

function drawLegend(y: number): string {
  const entries = [
    { kind: 'own', height: 12, x: columns.service, text: 'critical path' },
    { kind: 'waiting', height: 4, x: columns.service + 150, text: 'rest of the same span' },
    { kind: 'aside', height: 6, x: columns.service + 350, text: 'other span' },
  ];
  return entries
    .map(({ kind, height, x, text }) => {
      const mark = `<rect class="${kind}" x="${x}" y="${y - 5 - height / 2}" width="24" height="${height}"/>`;
      return `${mark}<text x="${x + 32}" y="${y}">${text}</text>`;
    })
    .join('\n');
}

function at(micros: number, total: number): number {
  const part = total > 0 ? micros / total : 0;
  return Number((bars.from + part * (bars.to - bars.from)).toFixed(1));
}

/** Cuts a text to the given pixels and escapes it. */
function cut(text: string, pixels: number): string {
  return escapeXml(fitColumns(printable(text), Math.max(1, Math.floor(pixels / characterWidth) - 1), '…').trimEnd());
}
