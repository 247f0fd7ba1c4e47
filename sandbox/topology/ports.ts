import { createServer } from 'node:net';
import type { PublishedPort } from './published-port.js';

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

/**
 * @param except ports that somebody else is going to listen on
 * @returns `count` different TCP ports that nothing on 127.0.0.1 listens on now
 */
export async function freePorts(count: number, except: readonly number[] = []): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = await listenOnce('127.0.0.1', 0);
    if (!except.includes(port)) ports.add(port);
  }
  return [...ports];
}

function whyNot({ bind, port, variable, bindVariable }: PublishedPort, code: string | undefined): string {
  const another = variable ? `set ${variable} to another one` : 'end what uses it';
  if (code === 'EADDRINUSE') return `port ${port} on ${bind} is taken by another process; ${another}`;
  if (code === 'EACCES') return `port ${port} on ${bind} is not for an ordinary user (EACCES); ${another}, from 1024`;
  return `${bindVariable ?? 'address'}: '${bind}' is no address of this machine (${code}); set one that is, or none`;
}

const everywhere = '0.0.0.0';

/**
 * @param ports what a run publishes
 * @throws Error naming the first port that cannot be listened on, and the variable that changes it
 */
export async function requireFree(ports: readonly PublishedPort[]): Promise<void> {
  for (const [index, { bind, port, variable }] of ports.entries()) {
    const twin = ports
      .slice(0, index)
      .find((each) => each.port === port && (each.bind === bind || [each.bind, bind].includes(everywhere)));
    if (!twin) continue;
    throw new Error(`port ${port} is wanted twice, by ${twin.variable} and ${variable}; set one of them to another`);
  }
  for (const port of ports) {
    await listenOnce(port.bind, port.port).catch(({ code }: NodeJS.ErrnoException) => {
      throw new Error(whyNot(port, code));
    });
  }
}
