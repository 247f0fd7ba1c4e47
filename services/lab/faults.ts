import type { Headers } from 'node-fetch';
import { type model, randomTraceId } from 'zipkin';
import { type Inject, injectContext } from '../tracing/propagation.js';

const IDS = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-parentspanid', 'x-b3-flags'];
const CLOCK_AHEAD_MICROS = 1_000_000;

const remove = (headers: Headers, names: readonly string[]): void => names.forEach((name) => void headers.delete(name));
// Without traceparent, by which Envoy would mend B3.
const removeAll = (headers: Headers): void => remove(headers, [...IDS, 'traceparent']);

/** What some faults do to the headers of a request. `stale` is what a variable shared by all requests would hold. */
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

/** The ways in which an app can be made to break its trace: what goes wrong in apps that are meant to be right. */
export const appFaults = [...otherFaults, ...Object.keys(headerFaults)] as readonly AppFault[];

/** One app's propagation faults, at most one at a time, switched while it runs. With `none` everything passes untouched. */
export class Lab {
  #fault: AppFault = 'none';
  #directUrl: URL | undefined;
  #staleSpanId = randomTraceId();

  /** @param directUrl where `bypass-sidecar` calls the next service, around its own sidecar */
  apply(fault: AppFault, directUrl?: URL): void {
    this.#fault = fault;
    this.#directUrl = directUrl;
    this.#staleSpanId = randomTraceId();
  }

  /** Writes the span's context as the fault has it. */
  readonly inject: Inject = (span, headers) => {
    injectContext(span, headers);
    if (this.#fault in headerFaults) headerFaults[this.#fault as keyof typeof headerFaults](headers, this.#staleSpanId);
  };

  /** @returns the next hop's URL as the fault has it */
  nextHop(url: URL): URL {
    const isMeant = this.#fault === 'bypass-sidecar' && this.#directUrl?.pathname === url.pathname;
    return isMeant && this.#directUrl ? this.#directUrl : url;
  }

  /** How far this app's clock is off, in microseconds. */
  get clockOffset(): number {
    return this.#fault === 'clock-ahead' ? CLOCK_AHEAD_MICROS : 0;
  }

  /** @returns whether a finished span is still to be reported; changes its service name where the fault says so */
  report(span: model.Span): boolean {
    if (this.#fault === 'wrong-name') span.localEndpoint?.setServiceName('my-express-app');
    return this.#fault !== 'no-reports';
  }
}
