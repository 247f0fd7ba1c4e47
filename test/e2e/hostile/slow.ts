import { type Chunks, type Http1Case, message, withBody } from './case.js';

/** Sends a piece at once, and then another one repeatedly for 20 s. */
const drip = (first: Buffer, drop: Buffer, everyMs: number): Chunks => [
  first,
  ...Array.from({ length: 20_000 / everyMs }, () => [everyMs, drop]).flat(),
];

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const slow = (name: string, chunks: Chunks, ...statuses: number[]): Http1Case => ({ name, chunks, statuses });
const get = bytes(message(['GET /trace/2 HTTP/1.1', 'host: sandbox']));
const preface = bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

/** One case for each way to be slow. Headers have 5 s, a request has 10 s, a connection without a request has 15 s. */
export const slowCases: readonly Http1Case[] = [
  slow('nothing', []),
  slow('a head by the byte', drip(bytes('GET /trace/2 HTTP/1.1\r\nx: '), bytes('v'), 250), 408),
  slow('a body by the byte', drip(bytes(withBody(['content-length: 9999'], '')), bytes('b'), 500), 408),
  slow('a request and then nothing', [get], 200),
  slow('an HTTP/2 preface and settings', [preface, emptySettings]),
];
