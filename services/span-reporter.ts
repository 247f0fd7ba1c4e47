import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { jsonEncoder, type Logger } from 'zipkin';
import { HttpLogger } from 'zipkin-transport-http';
import { Collector, SEPARATOR } from './collector.js';
import type { ReporterConfig } from './config.js';
import { SpanBuffer } from './span-buffer.js';

/**
 * Where this process's spans are. recorded = accepted + all of dropped + buffered, at any moment.
 * sent: posted at least once; retried: posted again (a span counts each time).
 */
export interface ReporterCounters {
  readonly recorded: number;
  readonly sent: number;
  readonly accepted: number;
  readonly retried: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly buffered: number;
  readonly collector: 'reachable' | 'away';
}

type HandOver = (endpoint: string, request: { readonly body: string }) => Promise<{ readonly status: number }>;

declare module 'zipkin-transport-http' {
  interface HttpLogger {
    processQueue(fetchImplementation: HandOver): void;
  }
}

const BATCH_BYTES = 1024 * 1024;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 1000;
const REFUSED_FOR_ITS_SPANS = new Set([400, 413]);

/**
 * Delivers spans to Zipkin through zipkin-transport-http and adds what that lacks: a bounded buffer, a time-out, retry
 * with back-off and jitter, counters, a flush that waits. HttpLogger encodes spans and hands them over every
 * `intervalMs`; from there one POST is under way at a time, and the slower Zipkin answers, the more spans each carries.
 * Delivery is at least once: a POST that timed out is sent again, and Zipkin's storage keeps one of equal spans.
 */
export class SpanReporter {
  readonly #httpLogger: HttpLogger;
  readonly #buffer: SpanBuffer;
  readonly #collector: Collector;
  readonly #dropped: Record<string, number> = {};
  #recorded = 0;
  #sent = 0;
  #accepted = 0;
  #retried = 0;
  #awaySince: number | undefined;
  #sending: Promise<void> | undefined;

  /**
   * @param config where to send and the bounds
   * @param log takes one line for each change of state, never a span
   */
  constructor(
    private readonly config: ReporterConfig,
    private readonly log: (line: string) => void,
  ) {
    this.#buffer = new SpanBuffer(config.maxSpans, config.maxBytes);
    this.#collector = new Collector(config.endpoint, config.timeoutMs);
    const options = {
      endpoint: config.endpoint.href,
      httpInterval: config.intervalMs,
      // One span a line: JSON has no raw line end, so a body can be taken apart again without parsing it.
      jsonEncoder: {
        encode: (span: Parameters<typeof jsonEncoder.JSON_V2.encode>[0]): string => {
          this.#recorded++;
          return `\n${jsonEncoder.JSON_V2.encode(span)}`;
        },
      },
      fetchImplementation: this.#handOver,
    };
    this.#httpLogger = new HttpLogger(options);
  }

  /** Takes finished spans; for zipkin's BatchRecorder. */
  get logger(): Logger {
    return this.#httpLogger;
  }

  /** @returns a snapshot of the counters, in spans */
  counters(): ReporterCounters {
    const dropped = Object.values(this.#dropped).reduce((sum, count) => sum + count, 0);
    return {
      recorded: this.#recorded,
      sent: this.#sent,
      accepted: this.#accepted,
      retried: this.#retried,
      dropped: { ...this.#dropped },
      buffered: this.#recorded - this.#accepted - dropped,
      collector: this.#awaySince === undefined ? 'reachable' : 'away',
    };
  }

  /**
   * Sends all that was logged and waits until Zipkin has answered for it; what is left at the deadline is dropped and
   * counted as `shutdown`. Nothing may be logged afterwards.
   *
   * @param deadline epoch milliseconds
   */
  async flush(deadline: number): Promise<void> {
    this.#httpLogger.processQueue(this.#handOver);
    const waiting = new AbortController();
    const limit = delay(Math.max(0, deadline - Date.now()), undefined, { signal: waiting.signal }).catch(
      () => undefined,
    );
    await Promise.race([this.#sending, limit]);
    waiting.abort();
    const { buffered } = this.counters();
    if (buffered === 0) return;
    this.#dropped.shutdown = buffered;
    this.log(`${buffered} spans could not be delivered before shutdown`);
  }

  readonly #handOver: HandOver = async (_endpoint, { body }) => {
    const tooMany = this.#buffer.push(body.slice('[\n'.length, -']'.length).split(SEPARATOR));
    if (tooMany > 0) this.#drop('buffer-full', tooMany, 'the span buffer is full, the oldest spans');
    if (this.#buffer.size > 0) this.#sending ??= this.#send();
    return { status: 202 };
  };

  async #send(): Promise<void> {
    while (this.#buffer.size > 0) {
      const spans = this.#buffer.take(this.config.batchSpans, BATCH_BYTES);
      this.#sent += spans.length;
      await this.#deliver(spans);
    }
    this.#sending = undefined;
  }

  /** Posts until Zipkin accepts or refuses. Zipkin refuses a batch whole for one bad span, so halving finds that one. */
  async #deliver(spans: readonly string[]): Promise<void> {
    const verdict = await pRetry(
      (attempt) => {
        if (attempt > 1) this.#retried += spans.length;
        return this.#collector.post(spans);
      },
      {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: FIRST_RETRY_MS,
        // p-retry's own jitter ends at maxTimeout; this one keeps replicas apart there too.
        maxTimeout: LONGEST_RETRY_MS * (1 - Math.random() / 2),
        randomize: true,
        unref: true,
        onFailedAttempt: ({ error }) => this.#noteAway(error),
      },
    );
    this.#noteBack();
    if (verdict === 'accepted') {
      this.#accepted += spans.length;
    } else if (REFUSED_FOR_ITS_SPANS.has(verdict.refused) && spans.length > 1) {
      const middle = spans.length >> 1;
      this.#retried += spans.length;
      await this.#deliver(spans.slice(0, middle));
      await this.#deliver(spans.slice(middle));
    } else {
      this.#drop(`refused-${verdict.refused}`, spans.length, `Zipkin refused spans with ${verdict.refused}`);
    }
  }

  /** Counts dropped spans, and says so when it is the first time for this reason. */
  #drop(reason: string, spans: number, why: string): void {
    if (this.#dropped[reason] === undefined) this.log(`${why}: dropped; more of them are only counted, on /reporter`);
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + spans;
  }

  #noteAway(error: Error): void {
    if (this.#awaySince !== undefined) return;
    this.#awaySince = Date.now();
    const { host } = this.config.endpoint;
    this.log(`Zipkin at ${host} takes no spans: ${error.message}; keeping up to ${this.config.maxSpans}, trying again`);
  }

  #noteBack(): void {
    if (this.#awaySince === undefined) return;
    const seconds = ((Date.now() - this.#awaySince) / 1000).toFixed(1);
    this.#awaySince = undefined;
    this.log(`Zipkin at ${this.config.endpoint.host} takes spans again after ${seconds} s`);
  }
}
