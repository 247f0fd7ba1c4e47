import { mark } from './case.js';
import { get, getWith, getWithout, type Http2Case, many, post, pseudo, requestOf, row } from './h2-case.js';
import { type Field, flag, frame, frameType, headerBlock } from './h2-frames.js';

const { data, headers, continuation } = frameType;
const { endStream, endHeaders } = flag;
const shown = (value: string): string => JSON.stringify(value.slice(0, 30));
const numbered = (count: number): Field[] => Array.from({ length: count }, (_, index) => [`x-${index}`, 'v']);

const malformed: readonly Field[] = [
  ['X-Upper', 'a'],
  ['', 'a'],
  ...['x a', 'x:a', 'x\0a', 'x\ra', 'x\na', 'x\x7fa', 'x\xe9', 'x-a: b\r\nx-b'].map((name): Field => [name, 'c']),
  ...['b\0c', 'b\rc', 'b\nc', 'b\r\nx-c: d'].map((value): Field => ['x-a', value]),
  ['connection', 'close'],
  ['connection', 'x-a'],
  ['proxy-connection', 'close'],
  ['keep-alive', 'a'],
  ['transfer-encoding', 'chunked'],
  ['upgrade', 'h2c'],
  ['te', 'gzip'],
  ...['-1', '5, 5', '+0', '0x0', 'five', '5'].map((value): Field => ['content-length', value]),
  [':status', '200'],
  [`:${mark}`, '200'],
  [':protocol', 'websocket'],
  ...pseudo,
];
const wellFormed: readonly Field[] = [
  ['te', 'trailers'],
  ['x-a', ' b '],
  ['x-a', ''],
  ['x-a', '\xe9'],
  ['x-a', mark],
  ['x-a', 'v'.repeat(10_000)],
  ['host', mark],
  ['content-length', '0'],
  ['x-envoy-upstream-rq-timeout-ms', '1'],
];

/** Fields that no request may have end the connection, those that Envoy's own limits forbid the stream. */
export const fieldCases: readonly Http2Case[] = [
  ...malformed.map(([name, value]) => row(`${shown(name)}: ${shown(value)}`, 'closed', get([name, value]))),
  ...wellFormed.map(([name, value]) => row(`${shown(name)}: ${shown(value)}`, '200', get([name, value]))),
  row('expect: 100-continue', '100', get(['expect', '100-continue'])),
  row('a name with an underscore', 'reset INTERNAL_ERROR', get(['x_a', 'b'])),
  row('64 fields', '200', get(...numbered(60))),
  row('65 fields', 'reset INTERNAL_ERROR', get(...numbered(61))),
  row('1,000 fields', 'reset INTERNAL_ERROR', get(...numbered(1_000))),
  row(
    '1,000 crumbs of a cookie',
    'reset INTERNAL_ERROR',
    get(...Array.from({ length: 1_000 }, (): Field => ['cookie', 'a=b'])),
  ),
  row(
    '40 KB of fields',
    'reset INTERNAL_ERROR',
    frame(headers, endStream, 1, headerBlock(pseudo)),
    many(4, (index) =>
      frame(continuation, index === 3 ? endHeaders : 0, 1, headerBlock([['x-a', 'v'.repeat(10_000)]])),
    ),
  ),
  row(
    '200 KB of fields',
    'reset INTERNAL_ERROR',
    frame(headers, endStream, 1, headerBlock(pseudo)),
    many(20, () => frame(continuation, 0, 1, headerBlock([['x-a', 'v'.repeat(10_000)]]))),
  ),
];

export const pseudoHeaderCases: readonly Http2Case[] = [
  ...pseudo.map(([name]) => row(`no ${name}`, 'closed', getWithout(name))),
  row('host for :authority', '200', getWithout(':authority', ['host', 'sandbox'])),
  row('a pseudo-header after the others', 'closed', requestOf([...pseudo.slice(1), ['x-a', 'b'], [':method', 'GET']])),
  ...['', 'trace/2', '/trace/2\0', '/trace/2\r\nx: y', '/trace/ 2', '/trace/2\x7f', 'http://sandbox/trace/2', '*'].map(
    (path) => row(`:path ${shown(path)}`, 'closed', getWith(':path', path)),
  ),
  ...['/trace/2#x', '/trace%2f2', '/trace/2%5c'].map((path) => row(`:path ${path}`, '400', getWith(':path', path))),
  ...['/trace//2', '/trace/../trace/2', '/%74race/2'].map((path) =>
    row(`:path ${path}`, '200', getWith(':path', path)),
  ),
  ...['/', '/stats', `/<${mark}>`, `/${'p'.repeat(10_000)}`].map((path) =>
    row(`:path ${shown(path)}`, '404', getWith(':path', path)),
  ),
  ...['a b', 'a\0', 'a/b', 'a\r\nx: y', `${mark}@sandbox`].map((name) =>
    row(`:authority ${shown(name)}`, 'closed', getWith(':authority', name)),
  ),
  row(':authority with two hosts', '400', getWith(':authority', `a,${mark}`)),
  ...['', 'http\0'].map((scheme) => row(`:scheme ${shown(scheme)}`, 'closed', getWith(':scheme', scheme))),
  ...['HTTP', 'ftp', mark].map((scheme) => row(`:scheme ${scheme}`, '200', getWith(':scheme', scheme))),
  ...['', 'G T', 'G\0T', 'GET\r\n'].map((method) =>
    row(`:method ${shown(method)}`, 'closed', getWith(':method', method)),
  ),
  ...['POST', 'TRACE'].map((method) => row(`:method ${method}`, '405', getWith(':method', method))),
  row(':method of its own', '400', getWith(':method', mark)),
  row(
    'CONNECT',
    '403',
    requestOf([
      [':method', 'CONNECT'],
      [':authority', 'sandbox:80'],
    ]),
  ),
  row('CONNECT with a path', 'closed', getWith(':method', 'CONNECT')),
];

export const bodyCases: readonly Http2Case[] = [
  row('a body', '405', post(), frame(data, endStream, 1, 'hello')),
  row(
    'a body longer than said',
    'reset PROTOCOL_ERROR',
    post([['content-length', '3']]),
    frame(data, endStream, 1, 'hello'),
  ),
  row(
    'a body shorter than said',
    'reset PROTOCOL_ERROR',
    post([['content-length', '9']]),
    frame(data, endStream, 1, 'hello'),
  ),
  row(
    'a body of 20 KB',
    '413',
    post(),
    frame(data, 0, 1, Buffer.alloc(10_000)),
    frame(data, endStream, 1, Buffer.alloc(10_000)),
  ),
  row('trailers', '405', post(), frame(headers, endStream | endHeaders, 1, headerBlock([['x-a', 'b']]))),
  row(
    'trailers that do not end the stream',
    'closed',
    post(),
    frame(headers, endHeaders, 1, headerBlock([['x-a', 'b']])),
  ),
  row(
    'a pseudo-header among the trailers',
    'closed',
    post(),
    frame(headers, endStream | endHeaders, 1, headerBlock([[':path', '/']])),
  ),
];
