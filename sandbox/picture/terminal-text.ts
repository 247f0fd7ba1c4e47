import { styleText } from 'node:util';
import stringWidth from 'string-width';

export interface DrawOptions {
  /** Columns of the terminal. No line is wider. Less than 40 counts as 40. */
  readonly width: number;
  readonly colour: boolean;
  /** Default true. False draws with ASCII only. */
  readonly unicode?: boolean;
}

const printableAscii = /^[ -~]*$/;
/**
 * Text that takes one column for each character, so that nothing must be measured: ASCII and the characters of
 * drawings.
 */
const narrow = /^[ -~·µ…─-▟✗]*$/u;
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;
const graphemes = new Intl.Segmenter();

/** Replaces control, format and other unprintable characters by `?`, so that a text cannot control the terminal. */
export function printable(text: string): string {
  return printableAscii.test(text) ? text : text.replace(unprintable, '?');
}

/** The columns that a text takes on a terminal. */
export function columnsOf(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

/** Makes a text exactly `columns` wide: adds spaces at its end, or cuts it with `mark` in the last column. */
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

/** styleText is too slow to be called for each cell of a large trace. */
const codesOf = new Map(styles.map((style) => [style, styleText(style, '|', { validateStream: false }).split('|')]));

/** Writes a text in a style. It ignores what the environment says about colours, because the caller decides. */
export function paint(style: Style, text: string): string {
  const [before = '', after = ''] = codesOf.get(style) ?? [];
  return before + text + after;
}

/**
 * Breaks a line between words so that no line is wider than `columns`, where the words allow it. Two or more spaces, as
 * between the columns of a table, are part of a word.
 *
 * @param indent columns of space before each line except the first
 * @param columns infinite for a line that must not be broken
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
