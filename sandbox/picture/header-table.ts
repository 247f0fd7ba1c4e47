import { styleText } from 'node:util';

/** The trace headers at one point of a request, by lower-case name. */
export interface HeadersAt {
  readonly label: string;
  readonly headers: Readonly<Record<string, string>>;
}

const shown = [
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'b3',
  'traceparent',
  'tracestate',
  'x-request-id',
] as const;

const marks = { added: '+', changed: '~', removed: '-', same: ' ' } as const;
const colours = { added: 'green', changed: 'yellow', removed: 'red', same: 'gray' } as const;

type Change = keyof typeof marks;

function changeOf(before: string | undefined, now: string | undefined): Change {
  if (before === now) return 'same';
  if (before === undefined) return 'added';
  return now === undefined ? 'removed' : 'changed';
}

/**
 * Writes the headers of a request as a block for each hop. A mark shows what changed since the hop before: `+` added,
 * `~` changed, `-` removed.
 *
 * @returns lines without line ends; none is wider than `width` unless a value is
 */
export function layOutHeaders(hops: readonly HeadersAt[], options: { readonly colour: boolean }): string[] {
  const lines: string[] = [];
  let before: Readonly<Record<string, string>> = {};
  for (const { label, headers } of hops) {
    lines.push(...(lines.length > 0 ? [''] : []), label);
    for (const name of shown) {
      const change = changeOf(before[name], headers[name]);
      const value = headers[name] ?? before[name];
      if (value === undefined) continue;
      const line = `  ${marks[change]} ${name.padEnd(18)} ${value}`;
      lines.push(options.colour ? styleText(colours[change], line, { validateStream: false }) : line);
    }
    if (shown.every((name) => headers[name] === undefined && before[name] === undefined))
      lines.push('    no trace header');
    before = headers;
  }
  return lines;
}
