import { setTimeout as delay } from 'node:timers/promises';
import { type CollectorCounters, readCollectorCounters } from './collector-counters.js';
import type { ZipkinClient } from './zipkin-client.js';

/** A collector's counters when it answered, in epoch milliseconds. */
export interface Reading {
  readonly at: number;
  readonly counters: CollectorCounters;
}

/** What Zipkin's collector counted while it was watched. */
export interface CollectorAccount extends CollectorCounters {
  /** How often it restarted, with an empty memory. */
  readonly restarts: number;
  /** The longest time between two answers. */
  readonly silentSeconds: number;
  /** Spans since its last restart. */
  readonly spansSinceStart: number;
}

const none: CollectorCounters = { messages: 0, messagesDropped: 0, spans: 0, spansDropped: 0 };

/**
 * Adds up a collector's counters from one reading to the next. They begin at 0 when Zipkin restarts.
 *
 * @param readings in order of time; the first one is the starting point
 */
export function accountCollector(readings: readonly Reading[]): CollectorAccount {
  const account = { ...none, restarts: 0, silentSeconds: 0 };
  let previous = readings[0] ?? { at: 0, counters: none };
  for (const reading of readings.slice(1)) {
    const { counters } = reading;
    const restarted = counters.spans < previous.counters.spans || counters.messages < previous.counters.messages;
    if (restarted) account.restarts += 1;
    const base = restarted ? none : previous.counters;
    account.spans += counters.spans - base.spans;
    account.spansDropped += counters.spansDropped - base.spansDropped;
    account.messages += counters.messages - base.messages;
    account.messagesDropped += counters.messagesDropped - base.messagesDropped;
    account.silentSeconds = Math.max(account.silentSeconds, (reading.at - previous.at) / 1000);
    previous = reading;
  }
  return { ...account, spansSinceStart: previous.counters.spans };
}

/** Reads Zipkin's counters about once a second until it is stopped, so that a restart is noticed. */
export class CollectorWatch {
  readonly #readings: Reading[] = [];
  readonly #stopped = new AbortController();
  readonly #loop: Promise<void>;

  constructor(private readonly zipkin: ZipkinClient) {
    this.#loop = this.#readOn();
  }

  async #read(): Promise<void> {
    const counters = await this.zipkin.metrics().then(
      (metrics) => readCollectorCounters([metrics]),
      () => undefined,
    );
    if (counters) this.#readings.push({ at: Date.now(), counters });
  }

  async #readOn(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#read();
      await delay(1000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Reads the counters once more and gives what the collector counted since the watch began. */
  async stop(): Promise<CollectorAccount> {
    this.#stopped.abort();
    await this.#loop;
    await this.#read();
    return accountCollector(this.#readings);
  }
}
