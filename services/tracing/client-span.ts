import { Agent } from 'node:http';
import fetch, { Headers, type RequestInit } from 'node-fetch';
import { Instrumentation, type Tracer } from 'zipkin';
import type { Inject } from './propagation.js';

/**
 * Sends one GET request, reads the whole answer and gives its status. Rejects with the reason of `signal`, or with the
 * error of node-fetch.
 */
export type Call = (url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<number>;

// Shorter than the idle time-out of the sidecar's listener, so this end closes an idle connection first.
const agent = new Agent({ keepAlive: true, timeout: 20_000 });

async function get(url: URL, headers: Headers, signal: AbortSignal): Promise<number> {
  try {
    const response = await fetch(url.href, {
      headers,
      agent,
      // @types/node-fetch declares its own signal type. It differs from Node's by one `| undefined`.
      signal: signal as RequestInit['signal'],
      redirect: 'manual',
      compress: false,
      size: 1024 * 1024, // bytes; a longer answer is an error
    });
    await response.text();
    return response.status;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** Sends a request without a span. */
export const untracedCall: Call = (url, headers, signal) => get(url, new Headers(headers), signal);

/**
 * Sends requests with a CLIENT span each, a child of the current span. The span is named `get <path>`, ends with the
 * last byte of the answer, and has its status or error. The call returns a redirect and does not follow it, so one call
 * is one request and one span.
 *
 * The span gets no remote service name: Zipkin takes the name from the SERVER span with the same id. If that span is
 * missing, a name given here would add a wrong link to Zipkin's dependency graph.
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
