import type { Headers } from 'node-fetch';
import { type model, randomTraceId } from 'zipkin';
import { type Inject, injectContext } from '../tracing/propagation.js';

const IDS = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-parentspanid', 'x-b3-flags'];
const CLOCK_AHEAD_MICROS = 1_000_000;

const remove = (headers: Headers, names: readonly string[]): void => names.forEach((name) => void headers.delete(name));
// Removes traceparent as well, because Envoy would restore the context from it.
const removeAll = (headers: Headers): void => remove(headers, [...IDS, 'traceparent']);

/**
 * The faults that change the headers of a request. `stale` is the span id that a variable shared by all requests holds.
 */
const headerFaults = {
  'drop-headers': removeAll,
  'drop-span-id': (headers) => remove(headers, ['x-b3-spanid', 'traceparent']),
  'empty-parent': (headers) => headers.set('x-b3-parentspanid', ''),
  'stale-span-id': (headers, stale) => {
    headers.set('x-b3-spanid', stale);
    headers.delete('traceparent');
  },
  'redecide-sampling': (headers) => headers.set('x-b3-sampled', '0'),
  'b3-single-only': (headers) => {
    const single = IDS.flatMap((name) => headers.get(name) ?? []).join('-');
    removeAll(headers);
    headers.set('b3', single);
  },
} satisfies Record<string, (headers: Headers, stale: string) => void>;

const otherFaults = ['none', 'no-reports', 'wrong-name', 'clock-ahead', 'bypass-sidecar'] as const;

export type AppFault = keyof typeof headerFaults | (typeof otherFaults)[number];

/** The faults that an app can be told to have. Each is a mistake that real apps make. */
export const appFaults = [...otherFaults, ...Object.keys(headerFaults)] as readonly AppFault[];

/** Switches the faults of one app while it runs. At most one is on at a time. `none` changes nothing. */
export class Lab {
  #fault: AppFault = 'none';
  #directUrl: URL | undefined;
  #staleSpanId = randomTraceId();

  /** @param directUrl the URL that `bypass-sidecar` calls instead of its own sidecar */
  apply(fault: AppFault, directUrl?: URL): void {
    this.#fault = fault;
    this.#directUrl = directUrl;
    this.#staleSpanId = randomTraceId();
  }

  /** Writes the span's context into the headers, then changes the headers as the fault says. */
  readonly inject: Inject = (span, headers) => {
    injectContext(span, headers);
    if (this.#fault in headerFaults) headerFaults[this.#fault as keyof typeof headerFaults](headers, this.#staleSpanId);
  };

  /** @returns the URL to call: `url`, or the direct one where the fault is `bypass-sidecar` */
  nextHop(url: URL): URL {
    const isMeant = this.#fault === 'bypass-sidecar' && this.#directUrl?.pathname === url.pathname;
    return isMeant && this.#directUrl ? this.#directUrl : url;
  }

  /** How many microseconds this app's clock is ahead. */
  get clockOffset(): number {
    return this.#fault === 'clock-ahead' ? CLOCK_AHEAD_MICROS : 0;
  }

  /** Changes the service name of a finished span where the fault says so. @returns whether to report the span */
  report(span: model.Span): boolean {
    if (this.#fault === 'wrong-name') span.localEndpoint?.setServiceName('my-express-app');
    return this.#fault !== 'no-reports';
  }
}
