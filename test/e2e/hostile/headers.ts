import { type Http1Case, mark, message, row, rows, withHeaders } from './case.js';

const withHost = (...hosts: string[]): string =>
  message(['GET /trace/2 HTTP/1.1', ...hosts.map((host) => `host: ${host}`), 'connection: close']);
const numbered = (count: number, value: string): string[] =>
  Array.from({ length: count }, (_, index) => `x-${index}: ${value}`);
const withName = (name: string): string => withHeaders(`${name}: ${mark}`);
const withValue = (value: string): string => withHeaders(`x-a: ${value}`);

/** How much: at most 32 KiB of head and 64 lines, host and connection among them. */
export const sizeCases: readonly Http1Case[] = [
  row('a value of 30 KB', withValue('v'.repeat(30_000)), 200),
  row('a value of 33 KB', withValue('v'.repeat(33_000)), 431),
  row('a value of 1 MB', withValue('v'.repeat(1_048_576)), 431),
  row('a name of 8 KB', withName('n'.repeat(8_000)), 200),
  row('a name of 33 KB', withName('n'.repeat(33_000)), 431),
  row('a name of 33 KB and no colon', withHeaders('n'.repeat(33_000)), 431),
  row('a cookie of 30 KB', withHeaders(`cookie: a=${'c'.repeat(30_000)}`), 200),
  row('a cookie of 33 KB', withHeaders(`cookie: a=${'c'.repeat(33_000)}`), 431),
  row('a host of 8 KB', withHost('h'.repeat(8_000)), 200),
  row('a host of 33 KB', withHost('h'.repeat(33_000)), 431),
  row('33 KB in 40 lines', withHeaders(...numbered(40, 'v'.repeat(850))), 431),
  row('64 lines', withHeaders(...numbered(62, mark)), 200),
  row('65 lines', withHeaders(...numbered(63, mark)), 431),
  row('1,000 lines', withHeaders(...numbered(1_000, mark)), 431),
  row('65 lines of one name', withHeaders(...Array<string>(63).fill('x-a: v')), 431),
  row('65 lines of no value', withHeaders(...Array<string>(63).fill('a:')), 431),
];

export const hostCases: readonly Http1Case[] = [
  row('no host', withHost(), 400),
  row('two hosts', withHost('a', mark), 400),
  row('the same host twice', withHost('a', 'a'), 400),
  row('two hosts in one', withHost(`sandbox,${mark}`), 400),
  row('a user before the host', withHost(`${mark}@sandbox`), 400),
  ...rows('host', ['', `${mark}.example`, 'sandbox:80', 'sandbox:99999', 'SANDBOX', '-', `${mark}'--`], withHost, 200),
  ...rows('host', ['127.0.0.1', '[::1]', '[::1]:80', 'zipkin:9411', '127.0.0.1:8001'], withHost, 200),
  ...rows(
    'host',
    ['a b', `a/${mark}`, 'a\\b', 'a\0b', 'a\x01b', 'a\x7fb', 'a\tb', 'a\xe9b', `a?${mark}`],
    withHost,
    400,
  ),
  ...rows('host', [`a#${mark}`, '<script>', 'a"b', 'a{b}', 'a|b', 'a^b', 'a`b'], withHost, 400),
];

/** Names that are no tokens, or that other servers read as other names. */
export const nameCases: readonly Http1Case[] = [
  ...rows('an underscore', ['x_a', 'x_b3_traceid', 'content_length', 'transfer_encoding', '_host', '_'], withName, 400),
  ...rows('white space before the colon', ['x-a ', 'x-a\t', 'host ', 'content-length ', 'cookie '], withName, 400),
  ...rows('white space within', ['x a', 'x\ta', ' x', '\tx'].slice(0, 2), withName, 400),
  ...rows('a control character', ['x\0a', 'x\x01a', 'x\x7fa', 'x\ra', '\0'], withName, 400),
  ...rows(
    'a delimiter',
    ['x(a)', 'x<a>', 'x@a', 'x,a', 'x;a', 'x\\a', 'x"a"', 'x/a', 'x[a]', 'x?a', 'x=a', 'x{a}'],
    withName,
    400,
  ),
  ...rows('no ASCII', ['x\xe9a', '\xff'], withName, 400),
  ...rows('a token', ["x-!#$%&'*+.^`|~a", 'x--a', '-', '9', 'X-UPPER'], withName, 200),
  ...rows('no header', [':', `: ${mark}`, '::', mark, 'x-a', '=', '{}'], withHeaders, 400),
  ...rows(
    'an HTTP/2 name',
    [':path: /', `:authority: ${mark}`, ':status: 200', ':method: POST', ':a: b'],
    withHeaders,
    400,
  ),
];

/** Bare CR is taken out and folds are unfolded before anything is read: nobody behind the front sees either. */
export const valueCases: readonly Http1Case[] = [
  ...rows(
    'a control character',
    ['\0', 'a\0b', 'a\x01b', 'a\x08b', 'a\x0bb', 'a\x0cb', 'a\x1bb', 'a\x7fb'],
    withValue,
    400,
  ),
  ...rows('bare CR', ['a\rb', '\r', 'a\rx-b: c'], withValue, 200),
  ...rows('white space', ['', ' ', '\t', 'a\tb', ' a '], withValue, 200),
  ...rows('no ASCII', ['\xe9', '\x80\xff', '\xc3\xa9'], withValue, 200),
  ...rows(
    'a trap for others',
    [`<script>${mark}</script>`, `$\{jndi:ldap://${mark}/a}`, `() { :;}; echo ${mark}`],
    withValue,
    200,
  ),
  ...rows(
    'a trap for others',
    ['%n%s%x', `%0d%0aset-cookie:${mark}`, `';--${mark}`, '\\r\\nx: y', '{{7*7}}'],
    withValue,
    200,
  ),
  row('obs-fold by a space', withHeaders('x-a: a', ` ${mark}`), 200),
  row('obs-fold by a tab', withHeaders('x-a: a', `\t${mark}`), 200),
  row('obs-fold of the request line', message(['GET /trace/2 HTTP/1.1', ` ${mark}: a`, 'host: sandbox']), 400),
  row('a line of white space', withHeaders('x-a: a', ' ', 'x-b: b'), 200),
  row('a line that ends in a bare LF', withHeaders('x-a: b\nx-b: c'), 200),
  row('a head that ends in a bare LF', withHeaders('x-a: b').replace(/\r\n$/, '\n'), 200),
];

/** Headers that mean something to somebody, and to this front nothing, or nothing more than RFC 9110 says. */
export const meaningCases: readonly Http1Case[] = [
  ...rows(
    'order to Envoy',
    ['x-envoy-upstream-rq-timeout-ms: 1', 'x-envoy-max-retries: 1000', 'x-envoy-retry-on: 5xx'],
    withHeaders,
    200,
  ),
  ...rows(
    'order to Envoy',
    ['x-envoy-fault-abort-request: 418', 'x-envoy-fault-delay-request: 9999'],
    withHeaders,
    200,
  ),
  ...rows('order to Envoy', ['x-envoy-original-dst-host: 127.0.0.1:8001', 'x-envoy-internal: true'], withHeaders, 200),
  ...rows('order to Envoy', ['x-envoy-force-trace: true', `x-envoy-decorator-operation: ${mark}`], withHeaders, 200),
  ...rows(
    'another method',
    ['x-http-method-override: DELETE', 'x-http-method: DELETE', 'x-method-override: PUT'],
    withHeaders,
    200,
  ),
  ...rows(
    'another target',
    ['x-original-url: /stats', 'x-rewrite-url: /stats', `x-forwarded-host: ${mark}`],
    withHeaders,
    200,
  ),
  ...rows(
    'another caller',
    ['x-forwarded-for: 127.0.0.1', 'x-real-ip: 127.0.0.1', `forwarded: for=${mark}`],
    withHeaders,
    200,
  ),
  ...rows(
    'another scheme',
    ['x-forwarded-proto: gopher', 'x-forwarded-proto: https', 'early-data: 1'],
    withHeaders,
    200,
  ),
  row('500 callers', withHeaders(`x-forwarded-for: ${'127.0.0.1, '.repeat(500)}${mark}`), 200),
  row('200 proxies', withHeaders(`via: ${'1.1 a, '.repeat(200)}1.1 ${mark}`), 200),
  ...rows(
    'condition',
    ['if-none-match: *', 'if-modified-since: Fri, 31 Dec 9999 23:59:59 GMT', 'range: bytes=0-0,1-1'],
    withHeaders,
    200,
  ),
  ...rows(
    'credentials',
    [`authorization: Basic ${mark}`, `proxy-authorization: ${mark}`, `proxy: http://${mark}`],
    withHeaders,
    200,
  ),
  ...rows('identity', [`user-agent: ${mark}`, `referer: http://${mark}`, `origin: http://${mark}`], withHeaders, 200),
  ...rows(
    'preference',
    [`accept: ${mark}/*`, `accept-encoding: gzip, ${mark}`, 'accept-charset: utf-7', 'max-forwards: 0'],
    withHeaders,
    200,
  ),
  ...rows(
    'content',
    [`content-type: text/${mark}`, `content-encoding: ${mark}`, 'content-type: application/grpc'],
    withHeaders,
    200,
  ),
  ...rows(
    'connection',
    ['keep-alive: timeout=99999', 'te: trailers', 'te: gzip, chunked', 'trailer: content-length'],
    withHeaders,
    200,
  ),
  ...rows(
    'connection',
    ['connection: x-b3-traceid, x-request-id', 'upgrade: h2c', 'grpc-timeout: 1n'],
    withHeaders,
    200,
  ),
  ...rows('connection', ['connection: host', 'connection: cookie, x-forwarded-for'], withHeaders, 400),
  ...rows(
    'trace context',
    [`x-request-id: <${mark}>`, `x-b3-traceid: <${mark}>`, `x-client-trace-id: ${mark}`],
    withHeaders,
    200,
  ),
  ...rows('upgrade', ['websocket', 'TLS/1.0', mark], (to) => withHeaders('connection: upgrade', `upgrade: ${to}`), 403),
  row(
    'upgrade to HTTP/2',
    withHeaders('connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAAP__'),
    200,
  ),
  row('expect: 100-continue and no body', withHeaders('expect: 100-continue'), 100, 200),
  row('expect: something else', withHeaders(`expect: ${mark}`), 417),
];
