import { connect } from 'node:net';
import type { HeaderLines } from './propagation-cases/case.js';

export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function readAnswer(text: string): RawAnswer {
  const [head = '', ...body] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: Object.fromEntries(headers),
    body: body.join('\r\n\r\n'),
  };
}

/** Sends the exact bytes of `lines` as headers, which no HTTP client would do. Rejects after 15 s. */
export function rawRequest(url: string, lines: HeaderLines): Promise<RawAnswer> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const received: Buffer[] = [];
    socket.setTimeout(15_000, () => socket.destroy(new Error(`${url}: no answer within 15 s`)));
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(readAnswer(Buffer.concat(received).toString('latin1'))));
    const headers = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`GET ${pathname} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n${headers}\r\n`);
  });
}
