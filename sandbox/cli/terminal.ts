/** How to draw on a stream: its width in columns, and whether to use colours. */
export interface Terminal {
  readonly width: number;
  /**
   * The column at which to break sentences. A program or a file gets whole sentences, because it may search for words.
   */
  readonly wrapAt: number;
  readonly colour: boolean;
}

/** @returns whether a line can be overwritten: on a terminal, unless it is a dumb one */
export const canOverwrite = (stream: NodeJS.WriteStream) => stream.isTTY && process.env.TERM !== 'dumb';

/**
 * @param stream the stream on which to draw
 * @returns the terminal's width, from 60 to 160 columns; 120 if the stream is not a terminal. Colours if the terminal
 *   has them and NO_COLOR is not set. If FORCE_COLOR is set, it alone decides, as in Node
 * @see https://no-color.org https://force-color.org
 */
export function terminal(stream: NodeJS.WriteStream, environment = process.env): Terminal {
  const { NO_COLOR: no, FORCE_COLOR: force } = environment;
  const forced = force === undefined ? undefined : force !== '0' && force !== 'false';
  const colour = forced ?? (stream.isTTY && !no && stream.hasColors());
  if (!stream.isTTY) return { width: 120, wrapAt: Number.POSITIVE_INFINITY, colour };
  const width = Math.min(Math.max(stream.columns, 60), 160);
  return { width, wrapAt: width, colour };
}

/** Prints a result for a program. */
export function printJson(document: unknown): void {
  printLines([JSON.stringify(document, null, 2)]);
}

/** Prints a result for a person. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
