import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';
import type { Address } from '../../sandbox/topology/addresses.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { startEnvoyAlone } from './envoy-alone.js';

/** The front proxy alone, before a server that answers with the headers that it got and keeps the reports. */
export interface FrontAlone {
  /** Sends GET /trace/1 and gives the headers that arrived behind the front proxy. */
  headersBehind(sent: Record<string, string | string[]>): Promise<IncomingHttpHeaders>;
  /** The bodies of the reports so far. */
  readonly reports: readonly Buffer[];
  stop(): Promise<void>;
}

/** @param change turns the text of front-envoy-zipkin.yaml into the one to run */
export async function startFrontAlone(change: (configuration: string) => string = (text) => text): Promise<FrontAlone> {
  const reports: Buffer[] = [];
  const behind = createServer(async (incoming, response) => {
    if (incoming.url === '/api/v2/spans') {
      reports.push(await buffer(incoming));
      response.writeHead(202).end();
    } else response.end(JSON.stringify(incoming.headers));
  });
  behind.listen(0, '127.0.0.1').unref(); // a failed test then still ends
  await once(behind, 'listening');
  const { port } = behind.address() as AddressInfo;
  const [front = 0, admin = 0, ofReports = 0] = await freePorts(3);
  const places: Record<number, number> = { 80: front, 8001: admin, 9411: ofReports };
  const resolve = (address: Address) => ({
    host: '127.0.0.1',
    port: /^[\d.]+$/.test(address.host) ? (places[address.port] ?? 0) : port,
  });
  const stopEnvoy = await startEnvoyAlone('front-envoy-zipkin.yaml', change, resolve, admin);
  return {
    reports,
    async headersBehind(headers) {
      const sent = request({ port: front, host: '127.0.0.1', path: '/trace/1', headers }).end();
      const [response] = await once(sent, 'response');
      return (await json(response)) as IncomingHttpHeaders;
    },
    async stop() {
      await stopEnvoy();
      behind.closeAllConnections();
      behind.close();
    },
  };
}
