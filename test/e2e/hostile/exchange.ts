import { connect } from 'node:net';
import type { Chunks } from './case.js';

/** What came back on one connection. */
export interface Exchange {
  readonly received: Buffer;
  /** Whether the front ended the connection, by FIN or RST. */
  readonly closed: boolean;
}

export interface Sending {
  /** Ends the client's side, and only that, once all is sent. */
  readonly halfClose?: boolean;
  /** Gives up waiting for the front to close. */
  readonly limitMs: number;
  /** Ends the connection from this side once it says so. */
  readonly enough?: (received: Buffer) => boolean;
}

/**
 * Opens a connection, sends each of `chunks` (a number waits so many milliseconds), and reads until the front closes.
 *
 * @returns what came, also where the front closed while it was still being written to
 */
export function exchange(url: string, chunks: Chunks, sending: Sending): Promise<Exchange> {
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
    const limit = setTimeout(() => finish(false), sending.limitMs);
    socket.on('data', (chunk) => {
      received.push(chunk);
      if (sending.enough?.(Buffer.concat(received))) finish(false);
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
      if (sending.halfClose) socket.end();
    };
    socket.on('connect', () => void send());
  });
}

/** @returns the statuses of the HTTP/1 answers among what was received, in order */
export function http1Statuses(received: Buffer): number[] {
  return [...received.toString('latin1').matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}
