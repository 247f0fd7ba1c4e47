import { createHistogram } from 'node:perf_hooks';

/** A distribution of latencies in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Collects latencies. It keeps three digits of each, and needs little memory for any number of them. */
export class Latencies {
  readonly #microseconds = createHistogram();

  get count(): number {
    return this.#microseconds.count;
  }

  add(milliseconds: number): void {
    this.#microseconds.record(Math.max(1, Math.round(milliseconds * 1000)));
  }

  /** @returns percentiles; zeros if there are none */
  summary(): Latency {
    const at = (percent: number): number => this.#microseconds.percentile(percent) / 1000;
    return { p50: at(50), p90: at(90), p99: at(99), max: at(100) };
  }
}
