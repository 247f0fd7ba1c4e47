import { type Chunks, type Http1Case, message, withBody } from './case.js';
import { type Http2Case, many, post, pseudo, requestOf } from './h2-case.js';
import { flag, frame, frameType, headerBlock, hello, preface, setting, uint32 } from './h2-frames.js';

/** A piece at once, and then another one again and again for 20 s. */
const drip = (first: Buffer, drop: Buffer, everyMs: number): Chunks => [
  first,
  ...Array.from({ length: 20_000 / everyMs }, () => [everyMs, drop]).flat(),
];

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const slow1 = (name: string, chunks: Chunks, ...statuses: number[]): Http1Case => ({ name, chunks, statuses });
const get = bytes(message(['GET /trace/2 HTTP/1.1', 'host: sandbox']));
const chunked = (body: string): Buffer => bytes(withBody(['transfer-encoding: chunked'], body));
const sized = (...more: string[]): Buffer => bytes(withBody(['content-length: 9999', ...more], ''));

/** A head has 5 s, a request 10 s, and a connection without one 15 s. */
export const slowHttp1Cases: readonly Http1Case[] = [
  slow1('nothing', []),
  slow1('one letter', [bytes('G')], 408),
  slow1('half a request line', [bytes('GET /tra')], 408),
  slow1('a head without its end', [bytes('GET /trace/2 HTTP/1.1\r\nhost: sandbox\r\n')], 408),
  slow1('20 KB of a header line', [bytes(`GET /trace/2 HTTP/1.1\r\nx: ${'v'.repeat(20_000)}`)], 408),
  slow1('a head by the byte', drip(bytes('GET /trace/2 HTTP/1.1\r\nx: '), bytes('v'), 250), 408),
  slow1('a head by the line', drip(bytes('GET /trace/2 HTTP/1.1\r\n'), bytes('x: v\r\n'), 1_000), 408),
  slow1('empty lines', drip(bytes('\r\n'), bytes('\r\n'), 1_000), 408),
  slow1('a body that does not begin', [sized()], 408),
  slow1('a body that does not begin after 100', [sized('expect: 100-continue')], 100, 408),
  slow1('a body that stops', [sized(), bytes('b'.repeat(5_000))], 408),
  slow1('a body by the byte', drip(sized(), bytes('b'), 500), 408),
  slow1('a chunk size that stops', [chunked('5')], 408),
  slow1('a chunk that stops', [chunked('5\r\nhe')], 408),
  slow1('a chunk of 2^64 - 1', [chunked('ffffffffffffffff\r\nhe')], 408),
  slow1('chunks by the byte', drip(chunked(''), bytes('1\r\nx\r\n'), 500), 408),
  slow1('a chunk extension by the byte', drip(chunked('5;'), bytes('e'), 500), 408),
  slow1('no last chunk', [chunked('5\r\nhello\r\n')], 408),
  slow1('trailers by the line', drip(chunked('0\r\n'), bytes('x: v\r\n'), 500), 408),
  slow1('a request and then nothing', [get], 200),
  slow1('a request and half of another', [get, bytes('GET /tr')], 200, 408),
];

const { data, headers, continuation, ping, settings, windowUpdate } = frameType;
const slow2 = (name: string, outcome: string, chunks: Chunks): Http2Case => ({ name, chunks, outcome });
const unfinished = Buffer.concat([hello, frame(headers, flag.endStream, 1, headerBlock(pseudo))]);
const posted = Buffer.concat([hello, post()]);
const bodyOf16kB = (index: number): Buffer =>
  Buffer.concat([post([], 2 * index + 1), frame(data, 0, 2 * index + 1, Buffer.alloc(16_000))]);

export const slowHttp2Cases: readonly Http2Case[] = [
  slow2('half a preface', 'closed', [preface.subarray(0, 10)]),
  slow2('a preface', 'closed', [preface]),
  slow2('settings', 'closed', [hello]),
  slow2('pings', 'closed', drip(hello, frame(ping, 0, 0, Buffer.alloc(8)), 1_000)),
  slow2('a header block without its end', '408', [unfinished]),
  slow2(
    'a header block by the piece',
    '408',
    drip(unfinished, frame(continuation, 0, 1, headerBlock([['x', 'v']])), 1_000),
  ),
  slow2('a frame that stops', '408', [posted, frame(data, 0, 1, 'b', 5_000)]),
  slow2('a body that does not begin', '408', [posted]),
  slow2('a body by the byte', '408', drip(posted, frame(data, 0, 1, 'b'), 500)),
  slow2('window updates for a body', 'closed', drip(posted, frame(windowUpdate, 0, 1, uint32(1)), 100)),
  slow2('100 bodies of 16 KB that stop', '408', [hello, many(100, bodyOf16kB)]),
  slow2('no window for the answer', '200', [hello, frame(settings, 0, 0, setting(4, 0)), requestOf(pseudo)]),
];
