/** How to draw on a stream: its width in columns and whether colours are wanted there. */
export interface Terminal {
  readonly width: number;
  readonly colour: boolean;
}

/**
 * @param stream where the drawing goes
 * @returns the terminal's width, at least 60 and at most 160 columns; 120 and no colours where it is no terminal
 * @see https://no-color.org
 */
export function terminal(stream: NodeJS.WriteStream): Terminal {
  if (!stream.isTTY) return { width: 120, colour: false };
  return { width: Math.min(Math.max(stream.columns, 60), 160), colour: stream.hasColors() && !process.env.NO_COLOR };
}
