import { type ClientHttp2Session, connect } from 'node:http2';
import { sandbox } from '../requests.js';

/** Runs `work` with its own HTTP/2 connection to the front proxy. */
export async function withHttp2<T>(work: (session: ClientHttp2Session) => Promise<T>): Promise<T> {
  const session = connect(sandbox.frontUrl);
  session.on('error', () => undefined);
  try {
    return await work(session);
  } finally {
    session.destroy();
  }
}

/** Announces a body and never sends it. @returns the status of the answer, once the stream has ended */
export function stalledStatus(session: ClientHttp2Session): Promise<number | undefined> {
  const stream = session.request({ ':method': 'POST', ':path': '/trace/2' }, { endStream: false });
  let status: number | undefined;
  return new Promise((resolve) => {
    stream.on('response', (answer) => {
      status = answer[':status'];
    });
    stream.on('error', () => undefined);
    stream.on('close', () => resolve(status)).resume();
  });
}
