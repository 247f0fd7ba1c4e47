import pRetry from 'p-retry';
import { ask, withoutCredentials } from './ask.js';

export interface WaitOptions {
  readonly seconds: number;
  readonly everyMs?: number;
  /** The time between tries grows up to this value. Default: it does not grow. */
  readonly slowestMs?: number;
  /** Whether a further try is useless after a failure. The failure is then thrown unchanged. */
  readonly isFinal?: (error: unknown) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `attempt` until it does not throw. Every wait of the sandbox uses this one retry loop.
 *
 * @param what the thing that is waited for, as an error names it: "the front's admin /ready"
 * @param attempt one try; the message of its error is the last failure in the report
 * @returns the result of the first successful attempt
 * @throws Error with the thing, the time waited and the last failure; the signal's reason when aborted
 */
export async function waitFor<T>(what: string, attempt: () => Promise<T>, options: WaitOptions): Promise<T> {
  const deadline = Date.now() + options.seconds * 1000;
  const everyMs = options.everyMs ?? 50;
  const { slowestMs = everyMs, isFinal = () => false } = options;
  try {
    return await pRetry(attempt, {
      retries: Math.ceil((options.seconds * 1000) / everyMs),
      minTimeout: everyMs,
      maxTimeout: slowestMs,
      factor: slowestMs > everyMs ? 1.2 : 1,
      ...(options.signal ? { signal: options.signal } : {}),
      shouldRetry: ({ error }) => !isFinal(error) && Date.now() < deadline,
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isFinal(error)) throw error;
    const seen = error instanceof Error ? error.message : String(error);
    throw new Error(`${what}: timed out after ${options.seconds} s; last seen: ${seen}`);
  }
}

/**
 * @returns the body of an answer of 200
 * @throws Error with the status or the error of the connection
 */
export async function fetchText(url: string): Promise<string> {
  const { status, body } = await ask(url, { ms: 2000 });
  if (status === 200) return body;
  throw new Error(`${withoutCredentials(url)}: HTTP ${status}`);
}
