import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { listen } from '../listening.js';

const { url } = await listen({ after }, (request, response) => {
  const status = Number(/\d+$/.exec(request.url ?? '')?.[0] ?? 200);
  if (request.url?.startsWith('/chunked')) {
    response.writeHead(status).write('first\n');
    response.end('second, with héllo');
  } else {
    const body = `${request.method} ${request.url} ${request.headers.host}\n`;
    response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body);
  }
});
const at = new URL(url).host;

const probe = (...args: string[]) =>
  execa(join(root, 'services/http-probe'), args, { reject: false, stripFinalNewline: false });

const cases: readonly (readonly [args: (host: string) => string[], code: number, prints: (host: string) => string])[] =
  [
    [(host) => [host, '/ready'], 0, (host) => `GET /ready ${host}\n`],
    [(host) => ['POST', host, '/drain?a=b'], 0, (host) => `POST /drain?a=b ${host}\n`],
    [(host) => [host, '/503'], 1, (host) => `GET /503 ${host}\n`],
    [(host) => [host, '/404'], 1, (host) => `GET /404 ${host}\n`],
    [(host) => [host, '/chunked'], 0, () => 'first\nsecond, with héllo'],
    [(host) => [host, '/chunked/500'], 1, () => 'first\nsecond, with héllo'],
  ];

for (const [args, code, prints] of cases) {
  test(`http-probe ${args('HOST').join(' ')}: ${code}`, async () => {
    const { exitCode, stdout } = await probe(...args(at));
    assert.equal(stdout, prints(at));
    assert.equal(exitCode, code);
  });
}

test('it fails if nothing listens', async () => {
  const [port] = await freePorts(1);
  const { exitCode, stdout } = await probe(`127.0.0.1:${port}`, '/ready');
  assert.notEqual(exitCode, 0);
  assert.equal(stdout, '');
});
