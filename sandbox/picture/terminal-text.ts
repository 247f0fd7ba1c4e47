import { styleText } from 'node:util';
import stringWidth from 'string-width';

const printableAscii = /^[ -~]*$/;
/** Text of one column a character, which need not be measured: ASCII and what drawings are made of. */
const narrow = /^[ -~·µ…─-▟✗]*$/u;
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;
const graphemes = new Intl.Segmenter();

/** The text with control, format and other unprintable characters replaced by `?`, so that it cannot steer a terminal. */
export function printable(text: string): string {
  return printableAscii.test(text) ? text : text.replace(unprintable, '?');
}

/** The columns that a text takes on a terminal. */
export function columnsOf(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

/** The text in exactly `columns` columns: padded with spaces at its end, or cut with `mark` in its last column. */
export function fitColumns(text: string, columns: number, mark: string): string {
  const width = columnsOf(text);
  if (width <= columns) return text + ' '.repeat(columns - width);
  if (columns < 1) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = used + columnsOf(segment);
    if (next > columns - 1) break;
    kept += segment;
    used = next;
  }
  return kept + mark + ' '.repeat(columns - 1 - used);
}

export type Style = 'cyan' | 'green' | 'yellow' | 'blue' | 'magenta' | 'red' | 'dim' | 'bold';

const styles: readonly Style[] = ['cyan', 'green', 'yellow', 'blue', 'magenta', 'red', 'dim', 'bold'];

/** styleText costs too much to be called for each cell of a large trace. */
const codesOf = new Map(styles.map((style) => [style, styleText(style, '|', { validateStream: false }).split('|')]));

/** The text in a style, whatever the environment says of colours: that is the caller's to decide. */
export function paint(style: Style, text: string): string {
  const [before = '', after = ''] = codesOf.get(style) ?? [];
  return before + text + after;
}

/**
 * Breaks a line of words so that no line is wider than `columns`, where the words allow it. Two spaces and more, as
 * between columns of a table, are part of a word.
 *
 * @param indent columns of space before each line but the first
 * @param columns infinite for a line that is not to be broken
 */
export function wrapLine(text: string, columns: number, indent: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(last) + 1 + columnsOf(word) <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : ' '.repeat(indent) + word);
  }
  return lines;
}
