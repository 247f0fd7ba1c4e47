import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import autocannon from 'autocannon';
import { answerSeconds, type LoadPlan } from './load-plan.js';

/** Names and values in turn, as they arrived. */
interface RawHeaders {
  readonly headers: readonly string[];
}

declare module 'autocannon' {
  /** A connection of autocannon, with the members that its types leave out. */
  interface Client {
    reqsMade: number;
    /** The number of requests to send. The connection ends itself when the last one is answered. */
    responseMax: number | undefined;
    destroy(): void;
    on(event: 'headers', listener: (answer: RawHeaders) => void): this;
    on(event: 'connError', listener: (error: NodeJS.ErrnoException) => void): this;
    on(event: 'timeout', listener: () => void): this;
  }
}

/** One answered request. */
export interface Answered {
  readonly status: number;
  /** The x-b3-traceid of the answer; empty if it had none. */
  readonly traceId: string;
  readonly milliseconds: number;
}

/** The results of all requests of a load. */
export interface Generated {
  readonly requests: number;
  readonly answered: number;
  /** Requests without an answer, by what happened instead. */
  readonly failures: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const reconnectMs = 200;

function traceIdIn(headers: readonly string[]): string {
  const name = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'x-b3-traceid');
  return name < 0 ? '' : (headers[name + 1] ?? '');
}

/** What one connection sends: so many requests at most, evenly at a rate if there is one. */
interface Share {
  readonly count: number;
  readonly rate: number | undefined;
}

/** Runs one connection of autocannon until its share is sent, until it breaks, or until `ended` aborts. */
async function runConnection(
  { frontUrl, path, headers, seconds }: LoadPlan,
  { count, rate }: Share,
  onAnswer: (answer: Answered) => void,
  ended: AbortSignal,
) {
  const clients: autocannon.Client[] = [];
  let [answered, failure] = [0, 'connection closed'];
  // Requests in flight are still answered.
  const drain = () => {
    for (const client of clients) client.responseMax = client.reqsMade;
  };
  ended.addEventListener('abort', drain);
  await autocannon({
    url: `${frontUrl}${path}`,
    connections: 1,
    ...(rate === undefined ? {} : { connectionRate: rate }),
    maxConnectionRequests: count,
    duration: seconds + 2 * answerSeconds,
    timeout: answerSeconds,
    sampleInt: 100,
    headers,
    setupClient: (client) => {
      let traceId = '';
      clients.push(client);
      client.on('headers', (answer: RawHeaders) => {
        traceId = traceIdIn(answer.headers);
      });
      client.on('response', (status, _bytes, milliseconds) => {
        answered += 1;
        onAnswer({ status, traceId, milliseconds });
      });
      // By default autocannon would connect again at once, thousands of times a second.
      client.on('connError', (error) => {
        failure = error.code ?? error.message;
        client.destroy();
      });
      client.on('timeout', () => {
        failure = `no answer within ${answerSeconds} s`;
        client.destroy();
      });
    },
  });
  ended.removeEventListener('abort', drain);
  return { sent: clients[0]?.reqsMade ?? 0, answered, failure };
}

/** Splits `whole` into `parts` integers that differ by at most one. */
const share = (whole: number, parts: number, part: number): number =>
  Math.floor(whole / parts) + (part < whole % parts ? 1 : 0);

/**
 * Sends a load with autocannon (https://github.com/mcollina/autocannon), one instance for each connection. With a rate,
 * each connection sends its share during every second. The connections begin one after the other, so the requests are
 * spread over the second. Every request is answered or failed when this returns.
 *
 * @param onAnswer called with each answer as it arrives
 * @param stopped ends the load early
 */
export async function generateLoad(
  plan: LoadPlan,
  onAnswer: (answer: Answered) => void,
  stopped: AbortSignal,
): Promise<Generated> {
  const { rate, count } = plan;
  const parts = Math.min(plan.concurrency, count, rate ?? Number.POSITIVE_INFINITY);
  const ending = new AbortController();
  const ended = ending.signal;
  const end = () => ending.abort();
  setMaxListeners(0, ended);
  const timer = setTimeout(end, plan.seconds * 1000);
  stopped.addEventListener('abort', end);
  if (stopped.aborted) end();
  const pause = (ms: number) => delay(ms, undefined, { signal: ended }).catch(() => undefined);
  const startedAt = performance.now();
  const failures: Record<string, number> = {};
  let [requests, answered] = [0, 0];
  const sendPart = async (_: unknown, part: number) => {
    const rateHere = rate && share(rate, parts, part);
    let left = share(count, parts, part);
    await pause(rate ? (part * 1000) / parts : 0);
    while (!ended.aborted && left > 0) {
      const run = await runConnection(plan, { count: left, rate: rateHere }, onAnswer, ended);
      const unanswered = run.sent - run.answered;
      if (unanswered > 0) failures[run.failure] = (failures[run.failure] ?? 0) + unanswered;
      requests += run.sent;
      answered += run.answered;
      left -= run.sent;
      if (left > 0) await pause(reconnectMs);
    }
  };
  await Promise.all(Array.from({ length: parts }, sendPart));
  clearTimeout(timer);
  stopped.removeEventListener('abort', end);
  return { requests, answered, failures, seconds: (performance.now() - startedAt) / 1000 };
}
