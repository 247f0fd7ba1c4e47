import { type Http1Case, mark, message, row, rows, withLine, withTarget } from './case.js';

const withMethod = (method: string): string => withLine(`${method} /trace/2 HTTP/1.1`);
const withVersion = (version: string): string => withLine(`GET /trace/2 ${version}`);

export const methodCases: readonly Http1Case[] = [
  row('HEAD', withMethod('HEAD'), 200),
  row('OPTIONS', withMethod('OPTIONS'), 204),
  ...rows('method', ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'PURGE'], withMethod, 405),
  ...rows(
    'method',
    ['BREW', 'M-SEARCH', 'QUERY', mark.toUpperCase(), 'get', 'Get', 'GETGET', '!#$%&'],
    withMethod,
    400,
  ),
  ...rows('method', ['G<T', 'GE(T', 'G@T', 'GÉT', 'G\0T', 'G\x01T', '"GET"', 'GET:', '[GET]'], withMethod, 400),
  row('a method of 200 letters', withMethod('G'.repeat(200)), 400),
  row('a method of 33 KB', withMethod('G'.repeat(33_000)), 431),
  row('no method', withLine('/trace/2 HTTP/1.1'), 400),
  row('a space before the method', withMethod(' GET'), 400),
  row('CONNECT host:port', withLine('CONNECT sandbox:80 HTTP/1.1'), 403),
  row('CONNECT to the admin port', withLine('CONNECT 127.0.0.1:8001 HTTP/1.1'), 403),
  row('CONNECT path', withMethod('CONNECT'), 400),
  row('CONNECT http://host/path', withLine(`CONNECT http://${mark}/trace/2 HTTP/1.1`), 400),
  row('PRI, which begins HTTP/2', withLine('PRI * HTTP/2.0')),
];

export const versionCases: readonly Http1Case[] = [
  row('HTTP/1.0 without host', message(['GET /trace/2 HTTP/1.0']), 426),
  row('HTTP/1.0 keep-alive', message(['GET /trace/2 HTTP/1.0', 'connection: keep-alive']), 426),
  row('HTTP/0.9', 'GET /trace/2\r\n', 426),
  ...rows(
    'version',
    ['HTTP/0.9', 'HTTP/1.0', 'HTTP/1.2', 'HTTP/1.9', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/9.9'],
    withVersion,
    426,
  ),
  ...rows(
    'version',
    ['HTTP/11', 'HTTP/1', 'HTTP/1.', 'HTTP/.1', 'HTTP/1.10', 'HTTP/01.1', 'HTTP/1,1'],
    withVersion,
    400,
  ),
  ...rows(
    'version',
    ['HTTP/-1.1', 'HTTP/1.1\0', 'http/1.1', 'Http/1.1', 'HTTPS/1.1', 'ICY/1.1', mark],
    withVersion,
    400,
  ),
  row('a word after the version', withVersion(`HTTP/1.1 ${mark}`), 400),
  row('no version but a space', withVersion(''), 426),
];

const afterLine = (end: string): string => `GET /trace/2 HTTP/1.1${end}host: sandbox\r\nconnection: close\r\n\r\n`;

/** What RFC 9112 lets a server take for white space and line ends (sections 2.2 and 3) is written anew on its way on. */
export const spacingCases: readonly Http1Case[] = [
  row('two spaces before the target', withLine('GET  /trace/2 HTTP/1.1'), 200),
  row('two spaces after the target', withLine('GET /trace/2  HTTP/1.1'), 200),
  row('tabs for spaces', withLine('GET\t/trace/2\tHTTP/1.1'), 200),
  row('a space after the version', withLine('GET /trace/2 HTTP/1.1 '), 200),
  ...rows('other white space', ['\f', '\v', '\xa0'], (space) => withLine(`GET${space}/trace/2 HTTP/1.1`), 400),
  row('an empty line first', `\r\n${withTarget('/trace/2')}`, 200),
  row('50 empty lines first', `${'\r\n'.repeat(50)}${withTarget('/trace/2')}`, 200),
  row('a bare LF first', `\n${withTarget('/trace/2')}`, 200),
  row('a NUL first', `\0${withTarget('/trace/2')}`, 400),
  row('bare LF everywhere', withTarget('/trace/2').replaceAll('\r', ''), 200),
  row('bare LF after the request line', afterLine('\n'), 200),
  row('CR CR LF after the request line', afterLine('\r\r\n'), 200),
  row('bare CR after the request line', afterLine('\r'), 400),
];
