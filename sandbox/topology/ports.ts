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

/** @returns `count` different TCP ports on which nothing listens on 127.0.0.1 now */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await listenOnce('127.0.0.1', 0));
  return [...ports];
}

/**
 * Below the ports that the system gives to any process that asks, because those may be taken before the last process
 * starts.
 */
const innerRange = { from: 20_000, to: 32_768 };

/**
 * @param frontPort the published port of a run. Two runs that start at once have different ones, so they get other
 *   ports here
 * @param except ports on which another process is going to listen
 * @returns `count` TCP ports for what a run does not publish, on which nothing listens on 127.0.0.1 now
 */
export async function innerPorts(frontPort: number, count: number, except: readonly number[] = []): Promise<number[]> {
  const blocks = Math.floor((innerRange.to - innerRange.from) / count);
  const ports: number[] = [];
  for (let port = innerRange.from + (frontPort % blocks) * count; ports.length < count && port < 65_536; port++) {
    const isFree = await listenOnce('127.0.0.1', port).catch(() => undefined);
    if (isFree && !except.includes(port)) ports.push(port);
  }
  return ports;
}

function whyNot({ bind, port, variable, bindVariable }: PublishedPort, code: string | undefined): string {
  const another = variable ? `set ${variable} to another one` : 'end that process';
  if (code === 'EADDRINUSE') return `port ${port} on ${bind} is taken by another process; ${another}`;
  if (code === 'EACCES')
    return `port ${port} on ${bind} is not open to an ordinary user (EACCES); ${another}, 1024 or above`;
  return `${bindVariable ?? 'address'}: '${bind}' is not an address of this machine (${code}); set one of this machine, or none`;
}

const everywhere = '0.0.0.0';

/**
 * @param ports the ports that a run publishes
 * @throws Error that names the first port in use, and the variable that changes it
 */
export async function requireFree(ports: readonly PublishedPort[]): Promise<void> {
  for (const [index, { bind, port, variable }] of ports.entries()) {
    const twin = ports
      .slice(0, index)
      .find((each) => each.port === port && (each.bind === bind || [each.bind, bind].includes(everywhere)));
    if (!twin) continue;
    throw new Error(
      `port ${port} is set twice, as ${twin.variable} and as ${variable}; set one of them to another port`,
    );
  }
  for (const port of ports) {
    await listenOnce(port.bind, port.port).catch(({ code }: NodeJS.ErrnoException) => {
      throw new Error(whyNot(port, code));
    });
  }
}
