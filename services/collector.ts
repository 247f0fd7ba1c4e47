import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import fetch, { type RequestInit } from 'node-fetch';

/** What becomes of a batch: accepted, or refused with this status and not to be sent again as it is. */
export type Verdict = 'accepted' | { readonly refused: number };

/** A separator that no encoded span contains: JSON escapes line ends. */
export const SEPARATOR = ',\n';

const TRY_LATER = new Set([408, 429]);

/** Zipkin's POST /api/v2/spans (https://zipkin.io/zipkin-api/) over a kept connection. */
export class Collector {
  readonly #agent: HttpAgent;

  /**
   * @param endpoint the address to post to
   * @param timeoutMs longest wait for a whole answer
   */
  constructor(
    readonly endpoint: URL,
    private readonly timeoutMs: number,
  ) {
    this.#agent = new (endpoint.protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: true });
  }

  /**
   * Posts one batch.
   *
   * @param spans encoded spans
   * @throws Error with a reason in words when the batch is worth another attempt: no connection, no answer in time, a
   *   5xx, 408 or 429
   */
  async post(spans: readonly string[]): Promise<Verdict> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      const response = await fetch(this.endpoint.href, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `[${spans.join(SEPARATOR)}]`,
        agent: this.#agent,
        redirect: 'manual',
        // @types/node-fetch has a signal type of its own, one `| undefined` away from Node's.
        signal: signal as RequestInit['signal'],
      });
      // Read to the end so that the connection is used again; the answer is its status, whatever becomes of the body.
      await response.text().catch(() => '');
      const { ok, status } = response;
      if (status >= 500 || TRY_LATER.has(status)) throw new Error(`it answered ${status}`);
      return ok ? 'accepted' : { refused: status };
    } catch (error) {
      if (signal.aborted) throw new Error(`no answer within ${this.timeoutMs} ms`);
      throw error;
    }
  }
}
