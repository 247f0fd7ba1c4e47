import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { rewriteEnvoyAddresses } from '../../sandbox/topology/addresses.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';

/** The front proxy alone, before a server that answers with the headers that it got and keeps what is reported to it. */
export interface FrontAlone {
  /** Sends GET /trace/1 and gives the headers as they were behind the front. */
  headersBehind(sent: Record<string, string | string[]>): Promise<IncomingHttpHeaders>;
  /** The bodies of reports so far. */
  readonly reports: readonly Buffer[];
  stop(): Promise<void>;
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @param change is given the text of front-envoy-zipkin.yaml and gives the one to be run */
export async function startFrontAlone(change: (configuration: string) => string = (text) => text): Promise<FrontAlone> {
  const binary = process.env.ENVOY_BIN;
  assert.ok(binary, 'ENVOY_BIN is not set; run the tests with npm test');
  const reports: Buffer[] = [];
  const behind = createServer(async (incoming, response) => {
    if (incoming.url === '/api/v2/spans') {
      reports.push(await readAll(incoming));
      response.writeHead(202).end();
    } else response.end(JSON.stringify(incoming.headers));
  });
  behind.listen(0, '127.0.0.1');
  await once(behind, 'listening');
  const { port } = behind.address() as AddressInfo;
  const [front = 0, admin = 0] = await freePorts(2);
  const places: Record<number, number> = { 80: front, 8001: admin };
  const text = change(await readFile(join(root, 'front-envoy-zipkin.yaml'), 'utf8'));
  const configuration = rewriteEnvoyAddresses(text, (address) => ({
    host: '127.0.0.1',
    port: /^[\d.]+$/.test(address.host) ? (places[address.port] ?? 0) : port,
  }));
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-edge-'));
  const file = join(folder, 'front.yaml');
  await writeFile(file, configuration);
  const args = ['-c', file, '--disable-hot-restart', '--service-cluster', 'front', '-l', 'error'];
  const envoy = execa(binary, args, { reject: false, stdio: 'ignore', env: { SERVICE_NAME: 'front' } });
  await waitFor('Envoy', () => fetchText(`http://127.0.0.1:${admin}/ready`), { seconds: 20 });
  return {
    reports,
    async headersBehind(headers) {
      const sent = request({ port: front, host: '127.0.0.1', path: '/trace/1', headers }).end();
      const [response] = await once(sent, 'response');
      return JSON.parse((await readAll(response)).toString()) as IncomingHttpHeaders;
    },
    async stop() {
      envoy.kill('SIGTERM');
      await envoy;
      behind.closeAllConnections();
      behind.close();
      await rm(folder, { recursive: true });
    },
  };
}
