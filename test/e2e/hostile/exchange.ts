import { connect } from 'node:net';
import type { Chunks } from './case.js';

/** What arrived on one connection. */
export interface Exchange {
  readonly received: Buffer;
  /** Whether the front proxy ended the connection, by FIN or RST. */
  readonly closed: boolean;
}

/**
 * Opens a connection, sends each of `chunks` (a number is a pause in milliseconds), and reads until the front proxy
 * closes it.
 *
 * @param limitMs longest wait for that
 * @returns what arrived, also if the front proxy closed the connection during a write
 */
export function exchange(url: string, chunks: Chunks, limitMs: number): Promise<Exchange> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const received: Buffer[] = [];
    let done = false;
    const finish = (closed: boolean): void => {
      if (done) return;
      done = true;
      clearTimeout(limit);
      socket.destroy();
      resolve({ received: Buffer.concat(received), closed });
    };
    const limit = setTimeout(() => finish(false), limitMs);
    socket.on('data', (chunk) => {
      received.push(chunk);
    });
    socket.on('end', () => finish(true));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(error);
      else finish(true);
    });
    const send = async (): Promise<void> => {
      for (const chunk of chunks) {
        if (done) return;
        if (typeof chunk === 'number') await new Promise((next) => setTimeout(next, chunk));
        else socket.write(chunk);
      }
    };
    socket.on('connect', () => void send());
  });
}

/** @returns the statuses of the HTTP/1 answers in the received bytes, in order */
export function http1Statuses(received: Buffer): number[] {
  return [...received.toString('latin1').matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}
