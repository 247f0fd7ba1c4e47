/** A word that every input contains if it can, and no answer may contain. */
export const mark = 'kilroy';

/** What a client sends on one connection. A number is a pause in milliseconds. */
export type Chunks = readonly (Buffer | number)[];

/** One HTTP/1 connection: what is sent, and what must come back. In every case the front proxy ends it. */
export interface Http1Case {
  readonly name: string;
  readonly chunks: Chunks;
  /**
   * The statuses of all answers in order, also informational ones; none if the front proxy ends it without an answer.
   */
  readonly statuses: readonly number[];
}

/** A row of a table. `text` has characters up to U+00FF, one byte each. */
export const row = (name: string, text: string, ...statuses: number[]): Http1Case => ({
  name,
  chunks: [Buffer.from(text, 'latin1')],
  statuses,
});

/** Rows with the same statuses for many values of one thing. Their names show the value. */
export const rows = (
  name: string,
  values: readonly string[],
  text: (value: string) => string,
  ...statuses: number[]
): Http1Case[] => values.map((value) => row(`${name} ${JSON.stringify(value.slice(0, 40))}`, text(value), ...statuses));

/** A message of header lines, each ended by CRLF, and `body`. */
export const message = (lines: readonly string[], body = ''): string => `${lines.join('\r\n')}\r\n\r\n${body}`;

/** A request that is correct except for its first line. The connection ends after it. */
export const withLine = (line: string): string => message([line, 'host: sandbox', 'connection: close']);

/** A request that is correct except for its target. */
export const withTarget = (target: string): string => withLine(`GET ${target} HTTP/1.1`);

/** A request that is correct except for some header lines. */
export const withHeaders = (...lines: string[]): string =>
  message(['GET /trace/2 HTTP/1.1', 'host: sandbox', 'connection: close', ...lines]);

/** A POST with some header lines about its body, and the body. */
export const withBody = (lines: readonly string[], body: string): string =>
  message(['POST /trace/2 HTTP/1.1', 'host: sandbox', 'connection: close', ...lines], body);
