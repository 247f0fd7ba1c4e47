import { Agent } from 'node:http';
import fetch, { Headers, type HeadersInit, type RequestInit } from 'node-fetch';
import { Instrumentation, type Tracer } from 'zipkin';
import { type Inject, injectContext } from './propagation.js';

/** The whole answer of a server: its status, headers and body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** What a call may set; `timeoutMs` bounds all of it, from connecting to the last byte. */
export interface CallOptions {
  readonly method?: string;
  readonly headers?: HeadersInit | Iterable<[string, string]>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Makes one HTTP request. Rejects with CallTimeout, with the abort reason of its signal, or with node-fetch's error.
 */
export type HttpClient = (url: string | URL, options: CallOptions) => Promise<Answer>;

/** No whole answer came within `timeoutMs`. */
export class CallTimeout extends Error {
  override readonly name = 'CallTimeout';
}

const LONGEST_ANSWER_BYTES = 1024 * 1024;
// Shorter than any idle time-out of the listener on the other end, so that this end closes first.
const IDLE_SOCKET_MS = 20_000;

/** @returns an HTTP client (node-fetch, keep-alive) that leaves no span; its calls reject as HttpClient says */
export function createUntracedClient(): HttpClient {
  const agent = new Agent({ keepAlive: true, timeout: IDLE_SOCKET_MS });

  return async (url, { method = 'GET', headers = {}, body, timeoutMs, signal }) => {
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => abort.abort(new CallTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      const response = await fetch(new URL(url).href, {
        method,
        headers: headers instanceof Headers ? headers : copyOf(headers),
        agent,
        // @types/node-fetch has a signal type of its own, one `| undefined` away from Node's.
        signal: abort.signal as RequestInit['signal'],
        redirect: 'manual',
        compress: false,
        size: LONGEST_ANSWER_BYTES,
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.status, headers: response.headers, body: await response.text() };
    } catch (error) {
      throw abort.signal.aborted ? abort.signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  };
}

/**
 * An HTTP client whose every call is a CLIENT span, a child of the current span. The span ends with the last byte of
 * the body, is named `<method> <path>`, and carries status and error. Redirects are handed back, not followed: one call
 * is one request and one span, and a Location would lead out of the mesh.
 *
 * The span has no remote service name. Zipkin takes it from the SERVER span that shares its id; a name given here
 * would add a link of its own wherever that span is missing.
 *
 * @param tracer the app's tracer; its context decides the parent
 * @param inject writes the span's context into the request's headers
 * @returns the client; its calls reject as HttpClient says
 */
export function createHttpClient(tracer: Tracer, inject: Inject = injectContext): HttpClient {
  const instrumentation = new Instrumentation.HttpClient({ tracer });
  const call = createUntracedClient();

  return (url, options) =>
    tracer.scoped(async () => {
      const { href, pathname } = new URL(url);
      const { method = 'GET', headers: given = {} } = options;
      const headers = copyOf(given);

      instrumentation.recordRequest({}, href, method);
      const span = tracer.id;
      tracer.recordRpc(`${method} ${pathname}`);
      inject(span, headers);
      try {
        const answer = await call(href, { ...options, headers });
        instrumentation.recordResponse(span, String(answer.status));
        return answer;
      } catch (error) {
        instrumentation.recordError(span, error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
    });
}

function copyOf(headers: NonNullable<CallOptions['headers']>): Headers {
  return new Headers(Symbol.iterator in headers ? [...headers] : headers);
}
