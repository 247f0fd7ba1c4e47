import { exchange } from './hostile/exchange.js';
import type { HeaderLines } from './propagation-case.js';

export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends the very bytes of `lines` as headers, which no HTTP client would; throws where no answer came within 15 s. */
export async function rawRequest(url: string, lines: HeaderLines): Promise<RawAnswer> {
  const { origin, pathname } = new URL(url);
  const headers = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const request = `GET ${pathname} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n${headers}\r\n`;
  const { received, closed } = await exchange(origin, [Buffer.from(request)], 15_000);
  if (!closed) throw new Error(`${url}: no answer within 15 s`);
  const [head = ''] = received.toString('latin1').split('\r\n\r\n');
  const [first = '', ...fields] = head.split('\r\n');
  const named = fields.map((field) => /^(.*?): *(.*)$/.exec(field) ?? []);
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: Object.fromEntries(named.map(([, name = '', value = '']) => [name.toLowerCase(), value])),
  };
}
