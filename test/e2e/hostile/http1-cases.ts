import { type Http1Case, mark, message, row, rows, withBody, withHeaders, withLine, withTarget } from './case.js';

const withHost = (host: string): string => message(['GET /trace/2 HTTP/1.1', `host: ${host}`, 'connection: close']);
const withValue = (value: string): string => withHeaders(`x-a: ${value}`);
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `x-${index}: ${mark}`);
const sized = (length: number): string => withBody([`content-length: ${length}`], 'b'.repeat(length));
const chunked = (body: string): string => withBody(['transfer-encoding: chunked'], body);

/** A server that misreads the bytes before it would take this for another request, and answer it. */
const smuggled = message([`GET /trace/2?${mark} HTTP/1.1`, 'host: sandbox', 'connection: close']);
const chunkedAndMore = (body: string): string =>
  message(['POST /trace/2 HTTP/1.1', 'host: sandbox', 'transfer-encoding: chunked'], body + smuggled);

/**
 * The cases by the setting of the front proxy that decides them. Cases that Envoy's parser refuses are left to Envoy's
 * tests.
 */
export const http1Tables: Readonly<Record<string, readonly Http1Case[]>> = {
  'max_request_headers_kb: 32': [
    row('a value of 30 KB', withValue('v'.repeat(30_000)), 200),
    row('a value of 33 KB', withValue('v'.repeat(33_000)), 431),
    row('a path of 33 KB', withTarget(`/${'p'.repeat(33_000)}`), 431),
    row('a trailer of 40 KB', chunked(`0\r\nx-a: ${'t'.repeat(40_000)}\r\n\r\n`), 431),
  ],
  'max_headers_count: 64, host and connection among them': [
    row('64 lines', withHeaders(...numbered(62)), 200),
    row('65 lines', withHeaders(...numbered(63)), 431),
  ],
  'headers_with_underscores_action: REJECT_REQUEST': [row('x_b3_traceid', withHeaders(`x_b3_traceid: ${mark}`), 400)],
  'normalize_path and merge_slashes': [
    ...rows('slashes', ['/trace//2', '///trace////2'], withTarget, 200),
    ...rows('dots', ['/trace/./2', '/x/../../../trace/2', '/trace/%2E%2e/trace/2'], withTarget, 200),
    ...rows('encoded and backslash', ['/%74race/%32', '/trace\\2'], withTarget, 200),
    ...rows('decoded once', ['/trace/%252e%252e/trace/2', '/trace%252f2'], withTarget, 404),
  ],
  'path_with_escaped_slashes_action: REJECT_REQUEST': rows(
    'path',
    ['/trace%2f2', '/trace/2%2F..', '/%2e%2e%2ftrace/2', '/trace%5c2'],
    withTarget,
    400,
  ),
  'no other route': [
    ...rows('path', ['/', '/trace/2/', '/trace/3', '/TRACE/2', '/trace/2;x=1'], withTarget, 404),
    ...rows('inner path', ['/health', '/lab/drop-headers', '/api/v2/spans', '/quitquitquit'], withTarget, 404),
    ...rows(
      'odd path',
      [`/<script>${mark}</script>`, `/${mark}%0d%0ax:y`, `/$\{jndi:ldap://${mark}}`],
      withTarget,
      404,
    ),
    ...rows('elsewhere', ['http://127.0.0.1:8001/stats', 'http://zipkin:9411/zipkin/'], withTarget, 404),
    row('a query', withTarget(`/trace/2?x=${mark}`), 200),
  ],
  'the route "two hosts"': rows('host', [`sandbox,${mark}`, `${mark}@sandbox`], withHost, 400),
  'REFUSE a Host that a span should not hold': [
    row('a host of 260 bytes', withHost('h'.repeat(260)), 200),
    row('a host of 261 bytes', withHost('h'.repeat(261)), 400),
  ],
  'any host: the path decides': rows('host', [`${mark}.example`, 'zipkin:9411', '127.0.0.1:8001'], withHost, 200),
  'the route "no tunnel", and no upgrade_configs': [
    row('CONNECT host:port', withLine('CONNECT sandbox:80 HTTP/1.1'), 403),
    row('CONNECT to the admin port', withLine('CONNECT 127.0.0.1:8001 HTTP/1.1'), 403),
    row('upgrade to a web socket', withHeaders('connection: upgrade', 'upgrade: websocket'), 403),
  ],
  'the buffer of 16 KiB': [
    row('16 KiB', sized(16_384), 405),
    row('16 KiB and a byte', sized(16_385), 413),
    row('16 KiB and a byte, chunked', chunked(`4001\r\n${'b'.repeat(16_385)}\r\n0\r\n\r\n`), 413),
    row('1 MB in a GET', sized(1_048_576).replace('POST', 'GET'), 413),
  ],
  strict_chunk_parsing: [
    row('chunks', chunked('5\r\nhello\r\n1\r\nx\r\n0\r\n\r\n'), 405),
    row('more in a chunk than its size', chunkedAndMore('3\r\nhello\r\n0\r\n\r\n'), 400),
    row('bare LF after a chunk', chunkedAndMore('5\r\nhello\n0\r\n\r\n'), 400),
    ...rows('size', ['5;a\nb', '5\n'], (size) => chunkedAndMore(`${size}\r\nhello\r\n0\r\n\r\n`), 400),
  ],
};
