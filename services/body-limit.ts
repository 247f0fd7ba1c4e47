import type { RequestListener } from 'node:http';

/** As much as the front lets through; no route reads a body. */
const LONGEST_BODY_BYTES = 16 * 1024;

/**
 * Lets no request's body grow beyond 16 KiB: one that says so beforehand is answered with 413, one in chunks loses its
 * connection once it is longer. RFC 9110, section 15.5.14.
 *
 * @returns `next` behind that limit
 */
export function limitBody(next: RequestListener): RequestListener {
  return (request, response) => {
    if (Number(request.headers['content-length'] ?? 0) > LONGEST_BODY_BYTES) {
      response.writeHead(413, { connection: 'close', 'content-length': 0 }).end();
      return;
    }
    if (request.headers['transfer-encoding'] !== undefined) {
      let left = LONGEST_BODY_BYTES;
      request.on('data', (chunk: Buffer) => {
        left -= chunk.length;
        if (left < 0) request.destroy();
      });
    }
    next(request, response);
  };
}
