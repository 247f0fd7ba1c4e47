import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** The result of a request: a status, or how the connection ended without one. */
export type Answer = number | 'refused' | 'reset' | 'no answer';

/** One request of a caller. Times are epoch milliseconds. */
export interface Attempt {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly answer: Answer;
  readonly traceId: string | undefined;
}

/** Longer than any time-out in the sandbox. */
const longestWaitMs = 15_000;

const answers: Readonly<Record<string, Answer>> = { ECONNREFUSED: 'refused', ECONNRESET: 'reset', EPIPE: 'reset' };

function request(url: string): Promise<Attempt> {
  const sentAt = Date.now();
  return new Promise((resolve) => {
    const done = (answer: Answer, traceId?: string) => resolve({ sentAt, answeredAt: Date.now(), answer, traceId });
    const sent = get(url, { agent: false, signal: AbortSignal.timeout(longestWaitMs) }, (response) => {
      const traceId = response.headers['x-b3-traceid']?.toString();
      response.on('error', () => done('reset', traceId));
      response.on('end', () => done(response.statusCode ?? 'no answer', traceId)).resume();
    });
    sent.on('error', (error: NodeJS.ErrnoException) => done(answers[error.code ?? ''] ?? 'no answer'));
  });
}

/** Sends requests at a steady rate, each on its own connection, whatever happens to the earlier ones. */
export class Caller {
  readonly #under = new Set<Promise<void>>();
  readonly #attempts: Attempt[] = [];
  #sending = true;
  readonly #sender: Promise<void>;

  /**
   * @param url the URL to GET
   * @param rate requests a second
   */
  constructor(
    private readonly url: string,
    private readonly rate: number,
  ) {
    this.#sender = this.#send();
  }

  async #send(): Promise<void> {
    const begun = Date.now();
    for (let count = 0; this.#sending; count++) {
      await delay(Math.max(0, begun + (count * 1000) / this.rate - Date.now()));
      const underWay = request(this.url).then((attempt) => {
        this.#attempts.push(attempt);
        this.#under.delete(underWay);
      });
      this.#under.add(underWay);
    }
  }

  /** The requests that have been answered, in the order of their answers. */
  get attempts(): readonly Attempt[] {
    return this.#attempts;
  }

  /** @returns all attempts, in the order of sending, when the last one is answered or given up */
  async stop(): Promise<Attempt[]> {
    this.#sending = false;
    await this.#sender;
    await Promise.all(this.#under);
    return this.#attempts.sort((one, other) => one.sentAt - other.sentAt);
  }
}
