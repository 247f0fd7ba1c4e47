import { randomBytes } from 'node:crypto';

/** Header lines in order. A name may occur twice. The values are sent unchanged, as UTF-8. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** The expected result of one request for `/trace/1`. */
export interface Expectation {
  /**
   * joined: the caller's trace continues. restarted: a new trace begins. dropped: a new trace begins, and no service sees
   * the caller's headers, because they are malformed. denied: nobody records a trace.
   */
  readonly trace: 'joined' | 'restarted' | 'dropped' | 'denied';
  /** The caller's trace id, if it continues. Otherwise the trace id must be new. */
  readonly traceId?: string;
  /** The caller's span id, which the SERVER span of the front proxy shares. */
  readonly spanId?: string;
  readonly parentId?: string;
  /** The caller's `x-request-id` stays. Otherwise the front proxy makes a new one. */
  readonly requestIdKept?: true;
  /** More headers that service2's app gets; null for a header that it must not get. */
  readonly atService2?: Readonly<Record<string, string | null>>;
}

export interface PropagationCase {
  readonly name: string;
  readonly headers: HeaderLines;
  readonly expect: Expectation;
}

/** The half of the rows' trace ids that `withOwnTraceId` replaces. */
export const ownHalf = 'a3ce929d0e0e4736';

/** @returns the same row with its own trace id, so that no two rows or runs share a trace */
export function withOwnTraceId({ name, headers, expect }: PropagationCase): PropagationCase {
  const own = `a${randomBytes(8).toString('hex').slice(1)}`;
  const exchanged = (text: string) =>
    text.replaceAll(ownHalf, own).replaceAll(ownHalf.toUpperCase(), own.toUpperCase());
  const { traceId } = expect;
  return {
    name,
    headers: headers.map(([name, value]) => [name, exchanged(value)]),
    expect: traceId === undefined ? expect : { ...expect, traceId: exchanged(traceId) },
  };
}
