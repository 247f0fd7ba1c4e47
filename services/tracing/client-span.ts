import { Agent } from 'node:http';
import fetch, { Headers, type RequestInit } from 'node-fetch';
import { Instrumentation, type Tracer } from 'zipkin';
import type { Inject } from './propagation.js';

/**
 * Makes one GET request and gives the status of its whole answer. Rejects with the reason of `signal`, or with
 * node-fetch's error.
 */
export type Call = (url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<number>;

// The time-out of idle connections is shorter than the listener's on the other end, so that this end closes first.
const agent = new Agent({ keepAlive: true, timeout: 20_000 });

async function get(url: URL, headers: Headers, signal: AbortSignal): Promise<number> {
  try {
    const response = await fetch(url.href, {
      headers,
      agent,
      // @types/node-fetch has a signal type of its own, one `| undefined` away from Node's.
      signal: signal as RequestInit['signal'],
      redirect: 'manual',
      compress: false,
      size: 1024 * 1024, // bytes of the longest answer
    });
    await response.text();
    return response.status;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** A call that leaves no span. */
export const untracedCall: Call = (url, headers, signal) => get(url, new Headers(headers), signal);

/**
 * A call that is a CLIENT span, a child of the current span. The span ends with the last byte of the answer, is named
 * `get <path>`, and carries status and error. Redirects are handed back, not followed: one call is one request and one span.
 *
 * The span has no remote service name. Zipkin takes it from the SERVER span that shares its id; a name given here would
 * add a link of its own wherever that span is missing.
 *
 * @param inject writes the span's context into the request's headers
 */
export function tracedCall(tracer: Tracer, inject: Inject): Call {
  const instrumentation = new Instrumentation.HttpClient({ tracer });
  return (url, given, signal) =>
    tracer.scoped(async () => {
      const headers = new Headers(given);
      instrumentation.recordRequest({}, url.href, 'GET');
      const span = tracer.id;
      tracer.recordRpc(`GET ${url.pathname}`);
      inject(span, headers);
      try {
        const status = await get(url, headers, signal);
        instrumentation.recordResponse(span, String(status));
        return status;
      } catch (error) {
        instrumentation.recordError(span, error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
    });
}
