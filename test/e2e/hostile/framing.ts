import { type Http1Case, mark, message, row, rows, withBody, withHeaders } from './case.js';

/** What a server would take for a request of its own, and answer, were it led astray by what comes before. */
const smuggled = message([`GET /trace/2?${mark} HTTP/1.1`, 'host: sandbox', 'connection: close']);
const smuggling = (lines: readonly string[], body: string): string =>
  message(['POST /trace/2 HTTP/1.1', 'host: sandbox', ...lines], body + smuggled);

const sized = (length: string, body: string): string => withBody([`content-length: ${length}`], body);
const lengthAndMore = (length: string): string => smuggling([`content-length: ${length}`], 'hello');

/** RFC 9112, section 6.3. */
export const lengthCases: readonly Http1Case[] = [
  row('both, content-length first', smuggling(['content-length: 4', 'transfer-encoding: chunked'], '0\r\n\r\n'), 400),
  row(
    'both, transfer-encoding first',
    smuggling(['transfer-encoding: chunked', 'content-length: 4'], '0\r\n\r\n'),
    400,
  ),
  row('both, content-length 0', smuggling(['content-length: 0', 'transfer-encoding: chunked'], '0\r\n\r\n'), 400),
  row(
    'both, transfer-encoding by a bare LF',
    smuggling(['a: b\ntransfer-encoding: chunked', 'content-length: 3'], ''),
    400,
  ),
  row('both, not chunked', smuggling(['content-length: 5', 'transfer-encoding: identity'], 'hello'), 400),
  row('both, in a GET', `${withHeaders('content-length: 5', 'transfer-encoding: chunked')}0\r\n\r\n`, 400),
  row('two lengths that differ', smuggling(['content-length: 5', 'content-length: 6'], 'hello'), 400),
  row('two lengths, one 0', smuggling(['content-length: 0', 'content-length: 44'], ''), 400),
  row('the same length twice', smuggling(['content-length: 5', 'content-length: 5'], 'hello'), 400),
  ...rows(
    'content-length',
    ['5, 5', '5,6', '5 5', '5\t5', '+5', '-5', '-0', '0x5', '5.0', '1e1', '5;'],
    lengthAndMore,
    400,
  ),
  ...rows('content-length', ['5_0', '5\0', '1\r0', '', 'five', '"5"', '\xb2'], lengthAndMore, 400),
  ...rows('content-length', ['18446744073709551616', '99999999999999999999999'], lengthAndMore, 400),
  row('zeros before a length', sized('0005', 'hello'), 405),
  row('white space around a length', sized(' \t5 \t', 'hello'), 405),
  row('a body in a GET', `${withHeaders('content-length: 5')}hello`, 200),
  row('a chunked body in a GET', `${withHeaders('transfer-encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`, 200),
  row('a request in the body of a GET', `${withHeaders(`content-length: ${smuggled.length}`)}${smuggled}`, 200),
  row('a request in the body of a POST', sized(String(smuggled.length), smuggled), 405),
  row('expect: 100-continue and a body', withBody(['expect: 100-continue', 'content-length: 5'], 'hello'), 100, 405),
];

const codingAndMore = (coding: string): string => smuggling([`transfer-encoding: ${coding}`], '0\r\n\r\n');
const coded = (coding: string): string => withBody([`transfer-encoding: ${coding}`], '5\r\nhello\r\n0\r\n\r\n');
const twice = (...codings: string[]): string =>
  smuggling(
    codings.map((coding) => `transfer-encoding: ${coding}`),
    '0\r\n\r\n',
  );

/** RFC 9112, section 6.1: chunked, in any case, and nothing else. */
export const transferEncodingCases: readonly Http1Case[] = [
  ...rows('coding', ['Chunked', 'CHUNKED', ' chunked ', '\tchunked\t', '\r\n chunked'], coded, 405),
  ...rows(
    'coding',
    ['xchunked', 'chunkedx', 'chunk', 'chun ked', '"chunked"', "'chunked'", '\xa0chunked'],
    codingAndMore,
    501,
  ),
  ...rows(
    'coding',
    ['chunked, chunked', 'chunked, identity', 'identity', 'identity, chunked', 'gzip'],
    codingAndMore,
    501,
  ),
  ...rows(
    'coding',
    ['gzip, chunked', 'chunked, gzip', 'chunked;q=1', 'chunked,', ',chunked', '', mark],
    codingAndMore,
    501,
  ),
  ...rows('coding', ['chun\r\n ked', 'chunked\r\n x'], codingAndMore, 501),
  ...rows('coding', ['chunked\0', '\x0bchunked'], codingAndMore, 400),
  row('a coding with bare CR: no body, and what follows is no request', codingAndMore('chun\rked'), 405, 400),
  row('chunked twice', twice('chunked', 'chunked'), 501),
  row('chunked, then another', twice('chunked', mark), 501),
  row('another, then chunked', twice(mark, 'chunked'), 501),
  row('HTTP/1.0', codingAndMore('chunked').replace('HTTP/1.1', 'HTTP/1.0'), 426),
];

const chunked = (body: string): string => withBody(['transfer-encoding: chunked'], body);
const chunkedAndMore = (body: string): string => smuggling(['transfer-encoding: chunked'], body);
const sizeAndMore = (size: string): string => chunkedAndMore(`${size}\r\nhello\r\n0\r\n\r\n`);

/** RFC 9112, section 7.1. */
export const chunkCases: readonly Http1Case[] = [
  row('chunks', chunked('5\r\nhello\r\n1\r\nx\r\n0\r\n\r\n'), 405),
  row('10,000 chunks of a byte', chunked(`${'1\r\nx\r\n'.repeat(10_000)}0\r\n\r\n`), 405),
  ...rows('size', ['0005', '5;a=b', '5 ', '5;a\0b', '5 5'], (size) => chunked(`${size}\r\nhello\r\n0\r\n\r\n`), 405),
  ...rows(
    'size',
    ['g', '-5', '+5', '0x5', '5,', '5_', '"5"', '', ' ', ' 5', '\t', '\0', '5\0', mark],
    sizeAndMore,
    400,
  ),
  ...rows('size', ['10000000000000000', 'fffffffffffffffff'], sizeAndMore, 400),
  ...rows('size', ['5;a\nb', '5;a\rb', '5\n'], sizeAndMore, 400),
  row('a size of 4 GB', chunked(`ffffffff\r\n${'b'.repeat(20_000)}`), 413),
  row('a size of 2^64 - 1', chunked(`ffffffffffffffff\r\n${'b'.repeat(20_000)}`), 413),
  row('an extension of 40 KB', chunked(`5;${'e'.repeat(40_000)}\r\nhello\r\n0\r\n\r\n`), 405),
  row('no line end after a chunk', chunkedAndMore('5\r\nhello0\r\n\r\n'), 400),
  row('more in a chunk than its size', chunkedAndMore('3\r\nhello\r\n0\r\n\r\n'), 400),
  row('bare LF everywhere', chunkedAndMore('5\nhello\n0\n\n'), 400),
  row('bare LF after a chunk', chunkedAndMore('5\r\nhello\n0\r\n\r\n'), 400),
  row('bare CR after a size', chunkedAndMore('5\rhello\r\n0\r\n\r\n'), 400),
  ...rows('trailer', ['x-a: b', 'content-length: 9', `x_a: ${mark}`], (line) => chunked(`0\r\n${line}\r\n\r\n`), 405),
  ...rows('trailer', [mark, 'x-a: \0', 'x a: b'], (line) => chunkedAndMore(`0\r\n${line}\r\n\r\n`), 400),
  row('1,000 trailers', chunked(`0\r\n${'x-a: b\r\n'.repeat(1_000)}\r\n`), 405),
  row('a trailer of 40 KB', chunked(`0\r\nx-a: ${'t'.repeat(40_000)}\r\n\r\n`), 431),
];
