import { type Http1Case, message, row, withBody, withTarget } from './case.js';

const withLength = (length: number, body: string): string => withBody([`content-length: ${length}`], body);
const chunked = (body: string): string => withBody(['transfer-encoding: chunked'], body);
const post = (body: string): string =>
  message(['POST /trace/2 HTTP/1.1', 'host: a', `content-length: ${body.length}`], body);

/** A body may have 16 KiB. */
export const bodySizeCases: readonly Http1Case[] = [
  row('16 KiB', withLength(16_384, 'b'.repeat(16_384)), 405),
  row('16 KiB and a byte', withLength(16_385, 'b'.repeat(16_385)), 413),
  row('16 KiB and a byte, chunked', chunked(`4001\r\n${'b'.repeat(16_385)}\r\n0\r\n\r\n`), 413),
  row('1 MB', withLength(1_048_576, 'b'.repeat(1_048_576)), 413),
  row('1 MB, chunked', chunked(`100000\r\n${'b'.repeat(1_048_576)}\r\n0\r\n\r\n`), 413),
  row('1 MB in a GET', withLength(1_048_576, 'b'.repeat(1_048_576)).replace('POST', 'GET'), 413),
  row('1 MB to no route', withLength(1_048_576, 'b'.repeat(1_048_576)).replace('/trace/2', '/'), 404),
  row('100 KB after 100', withBody(['expect: 100-continue', 'content-length: 99999'], 'x'.repeat(99_999)), 100, 413),
];

const get = message(['GET /trace/2 HTTP/1.1', 'host: sandbox']);
const last = withTarget('/trace/2');

/** Several requests at once: an answer for each that is whole, until the first that is not. */
export const pipelineCases: readonly Http1Case[] = [
  row('three', `${get}${get}${last}`, 200, 200, 200),
  row('fifty', `${get.repeat(49)}${last}`, ...Array<number>(50).fill(200)),
  row('different ones', `${message(['GET /x HTTP/1.1', 'host: a'])}${get}${withTarget('/trace/1')}`, 404, 200, 200),
  row('after a body', `${post('hello')}${last}`, 405, 200),
  row('a bad one after a good one', `${get}GET\r\n\r\n${last}`, 200, 400),
  row('a good one after a bad one', `GET\r\n\r\n${last}`, 400),
  row('a good one after a bad head', `${message(['GET /trace/2 HTTP/1.1', 'host: a', 'x a: b'])}${last}`, 400),
  row('garbage after a good one', `${get}${'\x01'.repeat(100)}`, 200, 400),
  row('a good one after the last', `${last}${last}`, 200),
  row('a good one after a body too long', `${post('b'.repeat(20_000))}${last}`, 413),
];

/** The client stops sending in the middle, and still listens. */
export const halfClosedCases: readonly Http1Case[] = [
  row('at once', ''),
  row('within the request line', 'GET /tra'),
  row('within the head', 'GET /trace/2 HTTP/1.1\r\nhost: sand'),
  row('within a body', withLength(5, 'he')),
  row('within a chunk', chunked('5\r\nhe')),
  row('before a body of 1 GB', withLength(1_073_741_824, '')),
].map((each) => ({ ...each, halfClose: true }));
