/** A load: which requests, how many, how fast. */
export interface LoadPlan {
  /** The root URL of the front proxy, for example `http://127.0.0.1:8000`. */
  readonly frontUrl: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Connections, each with one request at a time. */
  readonly concurrency: number;
  /** Requests a second, spread evenly; undefined for as fast as the answers arrive. */
  readonly rate: number | undefined;
  /** The load ends by time or by number of requests, whichever comes first. */
  readonly seconds: number;
  readonly count: number;
}

/** Limits for every load. */
export const loadLimits = { concurrency: 256, rate: 10_000, seconds: 3600, count: 5_000_000 } as const;

/** The longest wait for an answer, in seconds. It is longer than any time-out behind the front proxy. */
export const answerSeconds = 15;

const accepts = ['1', 'true', 'd'];
const denies = ['0', 'false'];

/**
 * @param headers by lower-case name, well formed
 * @returns the sampling decision in these headers: from B3, otherwise from W3C Trace Context
 */
export function decisionIn(headers: Readonly<Record<string, string>>): 'none' | 'accept' | 'deny' {
  const ofB3 = /^(?:[0-9a-f]+-[0-9a-f]+-)?(?<decision>[01d])(?:-[0-9a-f]+)?$/.exec(headers.b3 ?? '')?.groups?.decision;
  const ofFlags = headers['x-b3-flags'] === '1' ? 'd' : undefined;
  const flags = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-(?<flags>[0-9a-f]{2})/.exec(headers.traceparent ?? '')?.groups
    ?.flags;
  const ofTraceparent = flags && String(Number.parseInt(flags, 16) & 1);
  const decision = ofB3 ?? ofFlags ?? headers['x-b3-sampled'] ?? ofTraceparent ?? '';
  if (accepts.includes(decision)) return 'accept';
  return denies.includes(decision) ? 'deny' : 'none';
}
