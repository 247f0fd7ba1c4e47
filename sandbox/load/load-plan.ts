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
