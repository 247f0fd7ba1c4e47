import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A test, or `{ after }` of node:test for a whole file. */
export interface Ending {
  after(work: () => unknown): void;
}

/** A server on a free loopback port. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
}

/** Starts a server that ends with the test, and with it its connections. */
export async function listen(t: Ending, listener: RequestListener, options: ServerOptions = {}): Promise<Listening> {
  const server = createServer(options, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, server };
}
