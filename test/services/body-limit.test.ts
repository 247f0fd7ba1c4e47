import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type RunningApp, startApp } from './running-app.js';

let app: RunningApp;
before(async () => {
  app = await startApp();
});
after(() => app.close());

const chunk = (size: number): string => `${size.toString(16)}\r\n${'b'.repeat(size)}\r\n`;

const CASES: readonly [name: string, framing: string, body: string, statuses: readonly string[]][] = [
  ['16 KiB', 'content-length: 16384', 'b'.repeat(16_384), ['405', '404']],
  ['16 KiB and a byte', 'content-length: 16385', 'b'.repeat(16_385), ['413']],
  ['a length that no number holds', `content-length: ${'9'.repeat(18)}`, '', ['413']],
  ['16 KiB in chunks', 'transfer-encoding: chunked', `${chunk(8192).repeat(2)}0\r\n\r\n`, ['405', '404']],
  ['more in chunks, without an end', 'transfer-encoding: chunked', chunk(8192).repeat(40), ['405']],
];

for (const [name, framing, body, statuses] of CASES) {
  test(`a body of ${name} → ${statuses.join(', then ')}, and the connection ends`, async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('error', () => undefined);
    socket.write(`POST /trace/1 HTTP/1.1\r\nhost: a\r\n${framing}\r\n\r\n${body}`);
    socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await once(socket, 'close');
    assert.deepEqual(
      [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => status),
      statuses,
    );
  });
}
