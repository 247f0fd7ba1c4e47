import { createServer, type Server } from 'node:net';
import type { PublishedPort } from './published-port.js';

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

async function listenOnce(host: string, port: number): Promise<number> {
  const server = await listen(host, port);
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : port;
}

/** Listens on a port of 127.0.0.1 until this process ends. @returns whether the port was free */
async function hold(port: number): Promise<boolean> {
  const server = await listen('127.0.0.1', port).catch(() => undefined);
  server?.unref();
  return server !== undefined;
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
/** More than a run needs. */
const portsOfRun = 16;

/**
 * Reserves ports for what a run does not publish. Two runs that start at once get different ones: the first port of
 * each block is held for as long as this process lives, so no other run takes a port of the block.
 *
 * @param frontPort the published port of a run, which decides where the search begins
 * @param except ports on which another process is going to listen
 * @returns 16 TCP ports on which nothing listens on 127.0.0.1 now
 * @throws Error if no block of ports is free
 */
export async function innerPorts(frontPort: number, except: readonly number[] = []): Promise<number[]> {
  const size = 1 + portsOfRun;
  const blocks = Math.floor((innerRange.to - innerRange.from) / size);
  for (let tried = 0; tried < blocks; tried++) {
    const first = innerRange.from + ((frontPort + tried) % blocks) * size;
    if (!(await hold(first))) continue;
    const others = Array.from({ length: portsOfRun }, (_, index) => first + 1 + index);
    const listened = await Promise.all(others.map((port) => listenOnce('127.0.0.1', port).catch(() => undefined)));
    if (others.every((port, index) => listened[index] && !except.includes(port))) return others;
  }
  throw new Error(`no ${size} ports in a row are free on 127.0.0.1 from ${innerRange.from} to ${innerRange.to}`);
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
