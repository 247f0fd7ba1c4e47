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

const RECONNECT_MS = 200;

function traceIdIn(headers: readonly string[]): string {
  for (let name = 0; name < headers.length; name += 2) {
    if (headers[name]?.toLowerCase() === 'x-b3-traceid') return headers[name + 1] ?? '';
  }
  return '';
}

/** The part of a load that one connection sends. */
class Connection {
  requests = 0;
  answered = 0;
  readonly failures: Record<string, number> = {};
  #client: autocannon.Client | undefined;

  constructor(
    private readonly plan: LoadPlan,
    private readonly rate: number | undefined,
    private readonly count: number,
    private readonly onAnswer: (answer: Answered) => void,
  ) {}

  /** Sends until its count is reached or `ended` aborts. Requests in flight are still answered. */
  async run(ended: AbortSignal): Promise<void> {
    const drain = () => this.#drain();
    ended.addEventListener('abort', drain);
    while (!ended.aborted && this.requests < this.count) {
      await this.#connect(this.count - this.requests);
      if (this.requests < this.count) await delay(RECONNECT_MS, undefined, { signal: ended }).catch(() => undefined);
    }
    ended.removeEventListener('abort', drain);
  }

  #drain(): void {
    if (this.#client) this.#client.responseMax = this.#client.reqsMade;
  }

  /** Runs one connection of autocannon until it has sent `amount` requests, or breaks. */
  async #connect(amount: number): Promise<void> {
    const { frontUrl, path, headers, seconds } = this.plan;
    const before = this.answered;
    let failure = 'connection closed';
    await autocannon({
      url: `${frontUrl}${path}`,
      connections: 1,
      ...(this.rate === undefined ? {} : { connectionRate: this.rate }),
      maxConnectionRequests: amount,
      duration: seconds + 2 * answerSeconds,
      timeout: answerSeconds,
      sampleInt: 100,
      headers,
      setupClient: (client) => {
        let traceId = '';
        this.#client = client;
        client.on('headers', ({ headers: came }: RawHeaders) => {
          traceId = traceIdIn(came);
        });
        client.on('response', (status, _bytes, milliseconds) => {
          this.answered += 1;
          this.onAnswer({ status, traceId, milliseconds });
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
    const sent = this.#client?.reqsMade ?? 0;
    this.#client = undefined;
    this.requests += sent;
    const unanswered = sent - (this.answered - before);
    if (unanswered > 0) this.failures[failure] = (this.failures[failure] ?? 0) + unanswered;
  }
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
  const parts = Math.min(plan.concurrency, plan.count, plan.rate ?? Number.POSITIVE_INFINITY);
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const end = (): void => ending.abort();
  const timer = setTimeout(end, plan.seconds * 1000);
  stopped.addEventListener('abort', end, { once: true });
  if (stopped.aborted) end();
  const ended = ending.signal;
  const startedAt = performance.now();
  const connections = await Promise.all(
    Array.from({ length: parts }, async (_, part) => {
      const rate = plan.rate === undefined ? undefined : share(plan.rate, parts, part);
      const connection = new Connection(plan, rate, share(plan.count, parts, part), onAnswer);
      const offset = rate === undefined ? 0 : (part * 1000) / parts;
      await delay(offset, undefined, { signal: ended }).catch(() => undefined);
      await connection.run(ended);
      return connection;
    }),
  );
  clearTimeout(timer);
  stopped.removeEventListener('abort', end);
  const failures: Record<string, number> = {};
  for (const connection of connections) {
    for (const [failure, requests] of Object.entries(connection.failures)) {
      failures[failure] = (failures[failure] ?? 0) + requests;
    }
  }
  return {
    requests: connections.reduce((sum, { requests }) => sum + requests, 0),
    answered: connections.reduce((sum, { answered }) => sum + answered, 0),
    failures,
    seconds: (performance.now() - startedAt) / 1000,
  };
}
