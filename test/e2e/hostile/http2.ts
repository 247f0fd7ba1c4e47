import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import { sandbox } from '../requests.js';
import { mark } from './case.js';

/** One HTTP/2 request: what is sent, and the result: a status, or the error that ends the stream. */
export interface Http2Case {
  readonly name: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Bytes of the body of a POST. */
  readonly body?: number;
  /** Whether a body is announced and never sent. */
  readonly stalls?: boolean;
  readonly outcome: number | 'NGHTTP2_INTERNAL_ERROR';
}

const fields = (count: number): OutgoingHttpHeaders =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, mark]));
const refused = 'NGHTTP2_INTERNAL_ERROR';

/** Cases that a setting for HTTP/2 decides. Node's client adds the four pseudo-headers. */
export const http2Cases: readonly Http2Case[] = [
  { name: 'a request', outcome: 200 },
  { name: '64 fields', headers: fields(60), outcome: 200 },
  { name: '65 fields', headers: fields(61), outcome: refused },
  { name: '40 KB of fields', headers: { 'x-a': 'v'.repeat(40_000) }, outcome: refused },
  { name: 'a name with an underscore', headers: { x_a: mark }, outcome: refused },
  { name: 'a body of 20 KB', body: 20_000, outcome: 413 },
];

/** Runs `work` with its own connection to the front proxy. */
export async function withHttp2<T>(work: (session: ClientHttp2Session) => Promise<T>): Promise<T> {
  const session = connect(sandbox.frontUrl);
  session.on('error', () => undefined);
  try {
    return await work(session);
  } finally {
    session.destroy();
  }
}

/**
 * @returns the result of a request: its status, or the name of the error that ended it, and everything that was
 *   answered
 */
export function http2Outcome(
  session: ClientHttp2Session,
  { headers = {}, body = 0, stalls = false }: Pick<Http2Case, 'headers' | 'body' | 'stalls'>,
): Promise<{ readonly outcome: number | string | undefined; readonly received: string }> {
  const hasBody = body > 0 || stalls;
  const method = hasBody ? 'POST' : 'GET';
  const stream = session.request({ ':method': method, ':path': '/trace/2', ...headers }, { endStream: !hasBody });
  let received = '';
  let status: number | undefined;
  return new Promise((resolve) => {
    stream.on('response', (answer) => {
      status = answer[':status'];
      received += JSON.stringify(answer);
    });
    stream.on('data', (chunk) => {
      received += chunk;
    });
    stream.on('error', () => undefined);
    stream.on('close', () => {
      const error = Object.entries(constants).find(
        ([name, code]) => name.startsWith('NGHTTP2_') && !name.startsWith('NGHTTP2_S') && code === stream.rstCode,
      );
      resolve({ outcome: status ?? error?.[0], received });
    });
    if (body > 0) stream.end(Buffer.alloc(body));
  });
}
