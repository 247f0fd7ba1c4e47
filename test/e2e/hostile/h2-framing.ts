import { mark } from './case.js';
import { get, type Http2Case, many, post, pseudo, requestOf, row } from './h2-case.js';
import { flag, frame, frameType, headerBlock, preface, setting, uint32 } from './h2-frames.js';

const { data, headers, priority, resetStream, settings, pushPromise, ping, goAway, windowUpdate, continuation } =
  frameType;
const { endStream, endHeaders, padded, ack } = flag;
const block = headerBlock(pseudo);
const tooMuchPadding = Buffer.concat([Buffer.from([255]), block]);
const unfinished = frame(headers, endStream, 1, block);

/** Frames that are wrong in themselves, or where they are. RFC 9113, sections 4 to 6. */
export const frameCases: readonly Http2Case[] = [
  row('a request', '200', get()),
  { name: 'no settings first', chunks: [preface, get()], outcome: 'close PROTOCOL_ERROR' },
  {
    name: 'HTTP/1 after the preface',
    chunks: [preface, Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    outcome: 'close PROTOCOL_ERROR',
  },
  row('settings on a stream', 'closed', frame(settings, 0, 1)),
  row('settings of 5 bytes', 'close FRAME_SIZE_ERROR', frame(settings, 0, 0, '12345')),
  row('an acknowledgement with settings', 'close FRAME_SIZE_ERROR', frame(settings, ack, 0, setting(3, 1))),
  row('push allowed by 2', 'closed', frame(settings, 0, 0, setting(2, 2))),
  row('a window of 2^31', 'closed', frame(settings, 0, 0, setting(4, 2 ** 31))),
  row('frames of 1 byte', 'closed', frame(settings, 0, 0, setting(5, 1))),
  row('frames of 2^24', 'closed', frame(settings, 0, 0, setting(5, 2 ** 24))),
  row('a setting that nobody knows', '200', frame(settings, 0, 0, setting(0x99, 1)), get()),
  row('a table of 4 GB', '200', frame(settings, 0, 0, setting(1, 2 ** 32 - 1)), get()),
  row('a frame that nobody knows', '200', frame(0x99, 0xff, 0, mark), get()),
  row('a frame longer than allowed', 'close FRAME_SIZE_ERROR', frame(headers, endStream, 1, Buffer.alloc(16_385))),
  row('a frame that says 16 MB', 'close FRAME_SIZE_ERROR', frame(data, 0, 1, '', 2 ** 24 - 1)),
  row('headers on stream 0', 'closed', requestOf(pseudo, 0)),
  row('headers on an even stream', 'closed', requestOf(pseudo, 2)),
  row('headers with too much padding', 'close PROTOCOL_ERROR', frame(headers, endHeaders | padded, 1, tooMuchPadding)),
  row('padded headers of no byte', 'close PROTOCOL_ERROR', frame(headers, endHeaders | padded, 1)),
  row('a ping within a header block', 'close PROTOCOL_ERROR', unfinished, frame(ping, 0, 0, Buffer.alloc(8))),
  row('a continuation of nothing', 'close PROTOCOL_ERROR', frame(continuation, endHeaders, 1, block)),
  row('a continuation on another stream', 'close PROTOCOL_ERROR', unfinished, frame(continuation, endHeaders, 3)),
  row(
    'a header block in pieces',
    '200',
    frame(headers, endStream, 1, block.subarray(0, 5)),
    frame(continuation, endHeaders, 1, block.subarray(5)),
  ),
  row('data on stream 0', 'close PROTOCOL_ERROR', frame(data, 0, 0, 'x')),
  row('data on an idle stream', 'close PROTOCOL_ERROR', frame(data, 0, 1, 'x')),
  row('data with too much padding', 'close PROTOCOL_ERROR', post(), frame(data, padded, 1, Buffer.from([255, 1]))),
  row('data after the end', 'close STREAM_CLOSED', get(), frame(data, endStream, 1, 'x')),
  row('a reset of stream 0', 'closed', frame(resetStream, 0, 0, uint32(8))),
  row('a reset of an idle stream', 'closed', frame(resetStream, 0, 1, uint32(8))),
  row('a reset of 3 bytes', 'close FRAME_SIZE_ERROR', post(), frame(resetStream, 0, 1, '123')),
  row('a ping of 7 bytes', 'close FRAME_SIZE_ERROR', frame(ping, 0, 0, '1234567')),
  row('a ping on a stream', 'closed', frame(ping, 0, 1, '12345678')),
  row('a window update of 0', 'closed', frame(windowUpdate, 0, 0, uint32(0))),
  row('a window update of 0 on a stream', 'closed', post(), frame(windowUpdate, 0, 1, uint32(0))),
  row('a window beyond 2^31', 'closed', frame(windowUpdate, 0, 0, uint32(2 ** 31 - 1))),
  row('a window beyond 2^31 on a stream', 'closed', post(), frame(windowUpdate, 0, 1, uint32(2 ** 31 - 1))),
  row('a window update of 3 bytes', 'close FRAME_SIZE_ERROR', frame(windowUpdate, 0, 0, '123')),
  row('a window update on an idle stream', 'closed', frame(windowUpdate, 0, 1, uint32(1))),
  row('a priority of 4 bytes', 'close FRAME_SIZE_ERROR', frame(priority, 0, 1, '1234')),
  row('a priority on stream 0', '200', frame(priority, 0, 0, '12345'), get()),
  row('a push from the client', 'closed', post(), frame(pushPromise, endHeaders, 1, Buffer.concat([uint32(2), block]))),
  row('a goaway on a stream', 'closed', frame(goAway, 0, 1, Buffer.alloc(8))),
  row('a goaway of 7 bytes', 'close FRAME_SIZE_ERROR', frame(goAway, 0, 0, Buffer.alloc(7))),
  row('a request after a goaway', '200', frame(goAway, 0, 0, Buffer.alloc(8)), get()),
];

const compressed = (...bytes: number[]): Buffer => frame(headers, endStream | endHeaders, 1, Buffer.from(bytes));
const entryOf4kB = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0x81, 0x1e]), Buffer.alloc(3_968, 'b')]);

/** Header blocks that do not decompress, or to too much. RFC 7541. */
export const compressionCases: readonly Http2Case[] = [
  row('an index that is not there', 'close COMPRESSION_ERROR', compressed(0xff, 0x80, 0x01)),
  row('index 0', 'close COMPRESSION_ERROR', compressed(0x80)),
  row('a name that is not there', 'close COMPRESSION_ERROR', compressed(0x7f, 0x80, 0x01, 0x01, 0x61)),
  row('a table beyond the setting', 'close COMPRESSION_ERROR', compressed(0x3f, 0xff, 0xff, 0xff, 0x07)),
  row('a table size in the middle', 'close COMPRESSION_ERROR', compressed(0x82, 0x3f, 0x01)),
  row('a string that is cut off', 'close COMPRESSION_ERROR', compressed(0x00, 0x05, 0x61)),
  row('a length of 2^64', 'close COMPRESSION_ERROR', compressed(0x00, 0x7f, ...Array<number>(8).fill(0xff), 0x01)),
  row('Huffman padding of zeros', 'close COMPRESSION_ERROR', compressed(0x00, 0x81, 0x00, 0x01, 0x61)),
  row('a Huffman end of string', 'close COMPRESSION_ERROR', compressed(0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x01, 0x61)),
  row(
    '4,000 times an entry of 4 KB',
    'reset INTERNAL_ERROR',
    compressed(...block, ...entryOf4kB, ...Buffer.alloc(4_000, 0xbe)),
  ),
];

/** What costs the sender little and a careless server much. */
export const floodCases: readonly Http2Case[] = [
  row(
    '20,000 pings',
    'closed',
    many(20_000, () => frame(ping, 0, 0, Buffer.alloc(8))),
  ),
  row(
    '20,000 settings',
    'closed',
    many(20_000, () => frame(settings, 0, 0, setting(3, 1))),
  ),
  row(
    '20,000 window updates',
    'closed',
    many(20_000, () => frame(windowUpdate, 0, 0, uint32(1))),
  ),
  row(
    '20,000 priorities',
    'closed',
    many(20_000, () => frame(priority, 0, 1, Buffer.from([0, 0, 0, 0, 1]))),
  ),
  row(
    '20,000 empty data frames',
    'closed',
    post(),
    many(20_000, () => frame(data, 0, 1)),
  ),
  row(
    '2,000 empty continuations',
    'closed',
    unfinished,
    many(2_000, () => frame(continuation, 0, 1)),
  ),
  row(
    '20,000 frames that nobody knows',
    '200',
    many(20_000, () => frame(0x99, 0, 0)),
    get(),
  ),
  row(
    '2,000 requests reset at once',
    'closed',
    many(2_000, (index) =>
      Buffer.concat([requestOf(pseudo, 2 * index + 1), frame(resetStream, 0, 2 * index + 1, uint32(8))]),
    ),
  ),
  row(
    '150 requests without an end',
    'reset REFUSED_STREAM',
    many(150, (index) => post([], 2 * index + 1)),
  ),
];
