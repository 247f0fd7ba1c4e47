import type { Chunks } from './case.js';
import {
  errorName,
  type Field,
  type Frame,
  flag,
  frame,
  frameType,
  headerBlock,
  hello,
  statusOf,
} from './h2-frames.js';

/** One HTTP/2 connection with prior knowledge: what is sent, and what the front makes of it. */
export interface Http2Case {
  readonly name: string;
  readonly chunks: Chunks;
  /**
   * What comes first: `200`, an answer with that status; `reset NAME`, a stream that ends with that error; `close NAME`,
   * the connection that does; `closed`, the connection that ends without a word.
   */
  readonly outcome: string;
}

/** @returns the first outcome that the frames tell; a GOAWAY that only announces the end tells none */
export function outcomeOf(frames: readonly Frame[]): string | undefined {
  for (const { type, payload } of frames) {
    if (type === frameType.headers) return String(statusOf(payload));
    if (type === frameType.resetStream) return `reset ${errorName[payload.readUInt32BE(0)]}`;
    const error = type === frameType.goAway ? errorName[payload.readUInt32BE(4)] : undefined;
    if (error !== undefined && error !== 'NO_ERROR') return `close ${error}`;
  }
  return undefined;
}

/** A row whose bytes are the client's greeting and `parts`. */
export const row = (name: string, outcome: string, ...parts: readonly Buffer[]): Http2Case => ({
  name,
  chunks: [Buffer.concat([hello, ...parts])],
  outcome,
});

export const many = (count: number, one: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => one(index)));

/** The pseudo-headers of a GET for /trace/2. */
export const pseudo: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'sandbox'],
  [':path', '/trace/2'],
];

/** One HEADERS frame that is a whole request with just these fields. */
export const requestOf = (fields: readonly Field[], stream = 1): Buffer =>
  frame(frameType.headers, flag.endStream | flag.endHeaders, stream, headerBlock(fields));

/** A GET with more fields. */
export const get = (...more: readonly Field[]): Buffer => requestOf([...pseudo, ...more]);

/** A GET with another value for a pseudo-header. */
export const getWith = (name: string, value: string): Buffer =>
  requestOf(pseudo.map((field) => (field[0] === name ? [name, value] : field)));

/** A GET without a pseudo-header. */
export const getWithout = (missing: string, ...more: readonly Field[]): Buffer =>
  requestOf([...pseudo.filter(([name]) => name !== missing), ...more]);

/** The head of a POST whose body is to follow. */
export const post = (more: readonly Field[] = [], stream = 1): Buffer =>
  frame(frameType.headers, flag.endHeaders, stream, headerBlock([[':method', 'POST'], ...pseudo.slice(1), ...more]));
