import type { Headers } from 'node-fetch';
import { type model, randomTraceId, type TraceId } from 'zipkin';
import { type Inject, injectContext } from './propagation.js';

/** The ways in which an app can be made to break its trace: what goes wrong in apps that are meant to be right. */
export const appFaults = [
  'none',
  'drop-headers',
  'drop-span-id',
  'empty-parent',
  'stale-span-id',
  'redecide-sampling',
  'b3-single-only',
  'no-reports',
  'wrong-name',
  'clock-ahead',
  'bypass-sidecar',
] as const;

export type AppFault = (typeof appFaults)[number];

const headerFaults: ReadonlySet<AppFault> = new Set([
  'drop-headers',
  'drop-span-id',
  'stale-span-id',
  'b3-single-only',
]);
const CLOCK_AHEAD_MICROS = 1_000_000;
const TRACE_HEADERS = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'];

function b3Single(headers: Headers): string {
  const parts = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-parentspanid'].map((name) => headers.get(name));
  return parts.filter(Boolean).join('-');
}

/**
 * One app's propagation faults, at most one at a time, switched while it runs. With `none` everything passes untouched.
 */
export class Lab {
  #fault: AppFault = 'none';
  #directUrl: URL | undefined;
  /** What a module-level variable shared by all requests would hold. */
  #staleSpanId = randomTraceId();

  /**
   * @param fault what to break from now on
   * @param directUrl where `bypass-sidecar` calls the next service, around its own sidecar
   */
  apply(fault: AppFault, directUrl?: URL): void {
    this.#fault = fault;
    this.#directUrl = directUrl;
    this.#staleSpanId = randomTraceId();
  }

  /** Writes the span's context as the fault has it. */
  readonly inject: Inject = (span: TraceId, headers: Headers) => {
    injectContext(span, headers);
    if (headerFaults.has(this.#fault)) headers.delete('traceparent'); // else Envoy would mend B3 by it
    switch (this.#fault) {
      case 'drop-headers':
        for (const name of TRACE_HEADERS) headers.delete(name);
        break;
      case 'drop-span-id':
        headers.delete('x-b3-spanid');
        break;
      case 'empty-parent':
        headers.set('x-b3-parentspanid', '');
        break;
      case 'stale-span-id':
        headers.set('x-b3-spanid', this.#staleSpanId);
        break;
      case 'redecide-sampling':
        headers.set('x-b3-sampled', '0');
        break;
      case 'b3-single-only': {
        const single = b3Single(headers);
        for (const name of TRACE_HEADERS) headers.delete(name);
        headers.set('b3', single);
        break;
      }
    }
  };

  /** @returns the next hop's URL as the fault has it */
  nextHop(url: URL): URL {
    return this.#fault === 'bypass-sidecar' && this.#directUrl ? this.#directUrl : url;
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
