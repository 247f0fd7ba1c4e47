import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { whyNoAnswer } from '../topology/ask.js';
import { readContext } from '../trace/trace-headers.js';

/** A request to a system, as a user names it. */
export interface TracedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The part of an answer that concerns its trace. */
export interface TracedAnswer {
  readonly status: number;
  readonly body: string;
  /** From the answer's headers, otherwise from the context that the request carried; undefined if neither has one. */
  readonly traceId: string | undefined;
  /** Other traces that the answer names beside `traceId`. */
  readonly otherTraceIds: readonly string[];
  /** The span id that the request carried, if it joined a trace. */
  readonly callerSpanId: string | undefined;
  readonly requestId: string | undefined;
  /** When it was sent, epoch milliseconds, and how long the whole answer took, milliseconds. */
  readonly sentAt: number;
  readonly tookMs: number;
}

const longestAnswerMs = 15_000;
const traceHeaders = ['x-b3-traceid', 'b3', 'traceresponse', 'traceparent'] as const;

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * Gives a request a trace context to join, so that its trace is known whatever the answer says. It sends multi-header
 * B3 and W3C's `traceparent`, because some systems read only one of them. A request that has a context keeps it.
 */
export function withContext(request: TracedRequest): TracedRequest {
  const brought = lowerCased(request.headers);
  if (traceHeaders.some((name) => brought[name] !== undefined)) return request;
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const sampled = readContext(brought).decision === '0' ? '0' : '1';
  const context = {
    'x-b3-traceid': traceId,
    'x-b3-spanid': spanId,
    ...(brought['x-b3-sampled'] === undefined ? { 'x-b3-sampled': sampled } : {}),
    traceparent: `00-${traceId}-${spanId}-0${sampled}`,
  };
  return { ...request, headers: { ...request.headers, ...context } };
}

/**
 * Uses node:http, because fetch leaves out a `Host` header. It keeps no connection, because a request on a stale one
 * would have to be sent again.
 */
async function exchange({ url, method, headers, body }: TracedRequest) {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const sent = send(url, { method, headers, agent: false, signal: AbortSignal.timeout(longestAnswerMs) });
  const answered: Promise<IncomingMessage[]> = once(sent, 'response');
  // An error after the answer began is one of the answer too.
  sent.on('error', () => undefined).end(body);
  const [answer] = await answered;
  if (!answer) throw new Error('no answer');
  const came = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')] as const);
  return { status: answer.statusCode ?? 0, headers: Object.fromEntries(came), body: await text(answer) };
}

/** The trace ids that an answer names, each once. A gateway and the service behind it may both name theirs. */
function answeredTraceIds(headers: Readonly<Record<string, string>>): string[] {
  const named = traceHeaders.flatMap((name) =>
    (headers[name] ?? '').split(',').flatMap((value) => readContext({ [name]: value.trim() }).traceId ?? []),
  );
  return [...new Set(named)];
}

/**
 * Sends one request, once, and reads the whole answer.
 *
 * @throws Error of one line if nothing answers within 15 s
 */
export async function sendTraced(request: TracedRequest): Promise<TracedAnswer> {
  const { url, headers } = request;
  const sentAt = Date.now();
  const start = performance.now();
  const answer = await exchange(request).catch((error: Error) => {
    const seen = error.name === 'TimeoutError' ? `no answer within ${longestAnswerMs / 1000} s` : error;
    const why = whyNoAnswer(seen, 'check the address and that a server runs there');
    throw new Error(`${url.origin}${url.pathname} did not answer: ${why}`);
  });
  const brought = readContext(lowerCased(headers));
  const answered = answeredTraceIds(answer.headers);
  const joined = brought.traceId !== undefined && (answered.length === 0 || answered.includes(brought.traceId));
  const traceId = joined ? brought.traceId : answered[0];
  return {
    status: answer.status,
    body: answer.body,
    traceId,
    otherTraceIds: answered.filter((id) => id !== traceId),
    callerSpanId: joined ? brought.spanId : undefined,
    requestId: answer.headers['x-request-id'],
    sentAt,
    tookMs: performance.now() - start,
  };
}
