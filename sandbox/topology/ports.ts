import { createServer } from 'node:net';
import type { PublishedPort } from './compose-file.js';

function listenOnce(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

/** @returns `count` different TCP ports that nothing on 127.0.0.1 listens on now */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await listenOnce('127.0.0.1', 0));
  return [...ports];
}

/**
 * @param port a port that this run publishes
 * @throws Error naming the port and the variable that changes it, where it cannot be listened on
 */
export async function requireFree(port: PublishedPort): Promise<void> {
  await listenOnce(port.bind, port.port).catch((error: NodeJS.ErrnoException) => {
    const seen = error.code === 'EADDRINUSE' ? 'is taken by another process' : `cannot be used (${error.code})`;
    throw new Error(`port ${port.port} on ${port.bind} ${seen}; set ${port.variable} to another one`);
  });
}
