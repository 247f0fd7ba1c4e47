/** How to draw on a stream: its width in columns and whether colours are wanted there. */
export interface Terminal {
  readonly width: number;
  /** Where to break a sentence: never where a program or a file gets it, which may look for its words. */
  readonly wrapAt: number;
  readonly colour: boolean;
}

/** @returns whether a line can be written over there: on a terminal, unless it is a dumb one */
export const canOverwrite = (stream: NodeJS.WriteStream) => stream.isTTY && process.env.TERM !== 'dumb';

/**
 * @param stream where the drawing goes
 * @returns the terminal's width, at least 60 and at most 160 columns; 120 where it is no terminal. Colours on a terminal
 *   that has them, unless NO_COLOR is set; FORCE_COLOR, where it is set, decides alone, as it does in Node
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
