import { setTimeout as delay } from 'node:timers/promises';
import type { ZipkinClient } from './zipkin-client.js';

const metricOf = {
  messages: 'messages',
  messagesDropped: 'messages_dropped',
  spans: 'spans',
  spansDropped: 'spans_dropped',
} as const;

/** What Zipkin's collector has counted, over all transports. */
export type CollectorCounters = Readonly<Record<keyof typeof metricOf, number>>;

function mapCounters(count: (name: keyof CollectorCounters) => number): CollectorCounters {
  const [messages, messagesDropped] = [count('messages'), count('messagesDropped')];
  return { messages, messagesDropped, spans: count('spans'), spansDropped: count('spansDropped') };
}

/**
 * @returns what Zipkin's collector has counted since it started; undefined if it does not answer
 * @see https://github.com/openzipkin/zipkin/blob/master/zipkin-server/README.md#metrics
 */
export async function readCollector(zipkin: Pick<ZipkinClient, 'metrics'>): Promise<CollectorCounters | undefined> {
  const metrics = await zipkin.metrics().catch(() => undefined);
  if (!metrics) return undefined;
  return mapCounters((name) => {
    const prefix = `counter.zipkin_collector.${metricOf[name]}.`;
    return Object.entries(metrics).reduce((sum, [key, value]) => (key.startsWith(prefix) ? sum + value : sum), 0);
  });
}

/** @returns what it counted between two readings; undefined if one is missing or it restarted between them */
export function countedBetween(
  before: CollectorCounters | undefined,
  after: CollectorCounters | undefined,
): CollectorCounters | undefined {
  if (!before || !after || after.spans < before.spans || after.messages < before.messages) return undefined;
  return mapCounters((name) => after[name] - before[name]);
}

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

/**
 * Adds up a collector's counters from one reading to the next. They begin at 0 when Zipkin restarts.
 *
 * @param readings in order of time; the first one is the starting point
 */
export function accountCollector([first, ...readings]: readonly Reading[]): CollectorAccount {
  let [sums, restarts, silentSeconds, previous] = [mapCounters(() => 0), 0, 0, first];
  for (const reading of readings) {
    const counted = countedBetween(previous?.counters, reading.counters);
    if (!counted) restarts += 1;
    const [before, more] = [sums, counted ?? reading.counters];
    sums = mapCounters((name) => before[name] + more[name]);
    silentSeconds = Math.max(silentSeconds, (reading.at - (previous?.at ?? 0)) / 1000);
    previous = reading;
  }
  return { ...sums, restarts, silentSeconds, spansSinceStart: previous?.counters.spans ?? 0 };
}

/**
 * Reads Zipkin's counters about once a second until it is stopped, so that a restart is noticed.
 *
 * @returns stops the watch and gives what the collector counted since it began
 */
export function watchCollector(zipkin: ZipkinClient): () => Promise<CollectorAccount> {
  const readings: Reading[] = [];
  const stopped = new AbortController();
  const read = async () => {
    const counters = await readCollector(zipkin);
    if (counters) readings.push({ at: Date.now(), counters });
  };
  const watch = async () => {
    while (!stopped.signal.aborted) {
      await read();
      await delay(1000, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const watching = watch();
  return async () => {
    stopped.abort();
    await watching;
    await read();
    return accountCollector(readings);
  };
}
