import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type RequestListener, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { command } from '../command.js';
import { listen } from '../listening.js';
import { scratchFolder } from '../scratch.js';
import { sandbox } from './requests.js';

const scratch = await scratchFolder();

const main = 'dist/sandbox/cli/main.js';

/** Forwards requests below /admin that have a password to the sandbox's Zipkin. */
const gate: RequestListener = (incoming, outgoing) => {
  const { authorization } = incoming.headers;
  const [, path] = /^\/admin(\/.*)$/.exec(incoming.url ?? '') ?? [];
  if (!path || authorization !== `Basic ${Buffer.from('user:s3cr:t@').toString('base64')}`) {
    outgoing.writeHead(path ? 401 : 404).end('no entry');
    return;
  }
  request(`${sandbox.zipkinUrl}${path}`, (answer) => {
    answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers));
  }).end();
};

const { url: gateUrl } = await listen({ after }, gate);
const { host } = new URL(gateUrl);

describe('a Zipkin behind a proxy, under a path, with a password', () => {
  const verify = (zipkin: string) => command(['verify', '--url', sandbox.frontUrl, '--zipkin', zipkin]);

  test('gets the password; the printed link has the path and no password, and it opens', async () => {
    const zipkin = `http://user:s3cr%3At%40@${host}/admin/`;
    const { all, exitCode } = await command(['trace', '--url', sandbox.frontUrl, '--zipkin', zipkin]);
    assert.equal(exitCode, 0, all);
    assert.doesNotMatch(all, /s3cr|user/);
    const link = /http:\S+\/admin\/zipkin\/traces\/[0-9a-f]{32}/.exec(all)?.[0] ?? '';
    const authorization = `Basic ${Buffer.from('user:s3cr:t@').toString('base64')}`;
    assert.equal((await fetch(link, { headers: { authorization } })).status, 200);
  });

  const refused: readonly (readonly [zipkin: () => string, code: number, says: RegExp])[] = [
    [() => `http://user:wr0ng@${host}/admin`, 3, /^sandbox: Zipkin: http:\/\/127\S+ answered 401: no entry$/],
    [
      () => 'http://user:wr0ng@127.0.0.1:9',
      3,
      /^sandbox: Zipkin: http:\/\/127.0.0.1:9\/api\S+: .*; start Zipkin, or give/,
    ],
    [() => 'ftp://user:wr0ng@127.0.0.1', 2, /'ftp:\/\/127.0.0.1' is invalid. It must be a URL/],
    [() => 'http://user:wr0ng@', 2, /It must be a URL/],
  ];
  for (const [zipkin, code, says] of refused) {
    test(`no message has the password: ${says}`, async () => {
      const { all, exitCode } = await verify(zipkin());
      assert.match(all, says);
      assert.doesNotMatch(all, /wr0ng/);
      assert.equal(exitCode, code);
    });
  }
});

test('a Zipkin with an unknown certificate: the error names NODE_EXTRA_CA_CERTS, which helps', async (t) => {
  const [key, cert] = [join(scratch, 'key.pem'), join(scratch, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await execa('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject]);
  const server = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, gate);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const zipkin = `https://user:s3cr%3At%40@127.0.0.1:${(server.address() as AddressInfo).port}/admin`;
  const args = ['verify', '--url', sandbox.frontUrl, '--zipkin', zipkin];
  const { all, exitCode } = await command(args);
  assert.match(all, /^sandbox: Zipkin: https:\S+: self-signed certificate; set NODE_EXTRA_CA_CERTS to the file of /);
  assert.equal(exitCode, 3);
  assert.equal((await command(args, { NODE_EXTRA_CA_CERTS: cert })).exitCode, 0);
});

test('a proxy for all of Node: this machine is asked directly', async () => {
  const proxy = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9' };
  for (const args of [['verify'], ['headers'], ['load', '--count', '20']]) {
    const { all, exitCode } = await command(args, proxy);
    assert.equal(exitCode, 0, all);
  }
});

test('a reader that has gone: the command ends silently, with its own code', async () => {
  const script = `set -o pipefail; node ${main} trace --json | true; echo "code $?" >&2`;
  const { stderr } = await execa('bash', ['-c', script], { cwd: root });
  assert.equal(stderr, 'code 0');
});

for (const args of [
  ['verify', '--count', '3'],
  ['trace', '--no-sample'],
]) {
  test(`npm takes ${args.join(' ')} without -- before it`, async () => {
    const { stderr, exitCode } = await execa('npm', ['run', '--silent', ...args], { cwd: root, reject: false });
    assert.match(
      stderr,
      /^sandbox: npm took the option --[a-z-]+ for itself; write -- before the options\nusage: npm run /m,
    );
    assert.equal(exitCode, 2);
  });
}
