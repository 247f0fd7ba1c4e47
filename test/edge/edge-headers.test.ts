import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { rewriteEnvoyAddresses } from '../../sandbox/topology/addresses.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';

/** The front alone, before a server that answers with the headers that it got: what passes the edge, and what does not. */
const echo = createServer((incoming, response) => response.end(JSON.stringify(incoming.headers)));
const [front = 0, admin = 0] = await freePorts(2);
const folder = await mkdtemp(join(tmpdir(), 'sandbox-edge-'));
let stop: (() => Promise<unknown>) | undefined;

before(async () => {
  const binary = process.env.ENVOY_BIN;
  assert.ok(binary, 'ENVOY_BIN is not set; run the tests with npm test');
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const { port } = echo.address() as AddressInfo;
  const text = await readFile(join(root, 'front-envoy-zipkin.yaml'), 'utf8');
  const places: Record<number, number> = { 80: front, 8001: admin };
  const configuration = rewriteEnvoyAddresses(text, (address) => ({
    host: '127.0.0.1',
    port: /^[\d.]+$/.test(address.host) ? (places[address.port] ?? 0) : port,
  }));
  const file = join(folder, 'front.yaml');
  await writeFile(file, configuration);
  const envoy = execa(binary, ['-c', file, '--disable-hot-restart', '--service-cluster', 'front', '-l', 'error'], {
    reject: false,
    stdio: 'ignore',
    env: { SERVICE_NAME: 'front' },
  });
  stop = () => {
    envoy.kill('SIGTERM');
    return envoy;
  };
  await waitFor('Envoy', () => fetchText(`http://127.0.0.1:${admin}/ready`), { seconds: 20 });
});

after(async () => {
  await stop?.();
  echo.close();
  await rm(folder, { recursive: true });
});

function behindTheFront(headers: Record<string, string | string[]>): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: front, host: '127.0.0.1', path: '/trace/1', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as IncomingHttpHeaders));
    });
    sent.on('error', reject).end();
  });
}

const orders = [
  'x-envoy-force-trace',
  'x-envoy-decorator-operation',
  'x-envoy-internal',
  'x-envoy-retry-on',
  'x-envoy-max-retries',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-ip-tags',
  'x-envoy-original-path',
  'x-envoy-context',
  'x-envoy-b3',
  'x-envoy-traceid',
  'x-envoy-sampled',
];

test("a caller's x-envoy-* headers do not pass, and the rules leave no notes", async () => {
  const got = await behindTheFront(Object.fromEntries(orders.map((name) => [name, 'from-the-caller'])));
  const left = Object.entries(got).filter(([name]) => name.startsWith('x-envoy-'));
  assert.ok(left.every(([, value]) => value !== 'from-the-caller'));
  assert.deepEqual(
    left.map(([name]) => name).sort(),
    ['x-envoy-expected-rq-timeout-ms', 'x-envoy-external-address'],
    "only this Envoy's own: its time-out and the caller's address",
  );
});

test('baggage and application headers are untouched', async () => {
  const own = {
    baggage: 'user=1,plan=free;p=2',
    authorization: 'Bearer x',
    cookie: 'a=1; b=2',
    'x-own': ['one', 'two'],
  };
  const got = await behindTheFront(own);
  for (const [name, value] of Object.entries(own)) {
    assert.equal(got[name], Array.isArray(value) ? value.join(', ') : value, name);
  }
});

test('behind the front only multi-header B3 travels, in lower case', async () => {
  const traceId = '80F198EE56343BA864FE8B2A57D3EFF7';
  const got = await behindTheFront({ b3: `${traceId}-E457B5A2E4D86BD1-1` });
  assert.equal(got.b3, undefined);
  assert.equal(got['x-b3-traceid'], traceId.toLowerCase());
  assert.match(String(got['x-b3-spanid']), /^[0-9a-f]{16}$/);
  assert.equal(got['x-b3-sampled'], '1');
});
