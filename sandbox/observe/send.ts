import { performance } from 'node:perf_hooks';

/** A request to a front, as a user names it. */
export interface TracedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What came back, as far as its trace is concerned. */
export interface TracedAnswer {
  readonly status: number;
  readonly body: string;
  /** From `x-b3-traceid`, else from the context that the request itself brought; undefined where neither has one. */
  readonly traceId: string | undefined;
  readonly requestId: string | undefined;
  /** When it was sent, epoch milliseconds, and how long the whole answer took, milliseconds. */
  readonly sentAt: number;
  readonly tookMs: number;
}

function broughtTraceId(headers: Readonly<Record<string, string>>): string | undefined {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const single = /^([0-9a-f]{16,32})-/i.exec(lower.get('b3') ?? '')?.[1];
  const w3c = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(lower.get('traceparent') ?? '')?.[1];
  return (lower.get('x-b3-traceid') ?? single ?? w3c)?.toLowerCase();
}

/**
 * Sends one request and reads the whole answer.
 *
 * @throws Error in one line where nothing answers within 15 s
 */
export async function sendTraced({ url, method, headers }: TracedRequest): Promise<TracedAnswer> {
  const sentAt = Date.now();
  const start = performance.now();
  try {
    const response = await fetch(url, { method, headers, redirect: 'manual', signal: AbortSignal.timeout(15_000) });
    const body = await response.text();
    return {
      status: response.status,
      body,
      traceId: response.headers.get('x-b3-traceid') || broughtTraceId(headers),
      requestId: response.headers.get('x-request-id') ?? undefined,
      sentAt,
      tookMs: performance.now() - start,
    };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause instanceof Error ? error.cause : error) : undefined;
    throw new Error(`${url} did not answer: ${cause?.message ?? String(error)}; is the sandbox running?`);
  }
}
