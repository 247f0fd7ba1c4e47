import pRetry from 'p-retry';
import { ask, withoutCredentials } from './ask.js';

export interface WaitOptions {
  readonly seconds: number;
  readonly everyMs?: number;
  /** The time between tries grows up to this; default: it does not grow. */
  readonly slowestMs?: number;
  /** Says of a failure that trying again cannot mend it; it is thrown as it is. */
  readonly isFinal?: (error: unknown) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `attempt` until it does not throw. The one retry loop behind every wait of the sandbox.
 *
 * @param what what is waited for, as it should read in an error: "the front's admin /ready"
 * @param attempt one try; its error's message is the last failure reported
 * @returns what the first successful attempt gave
 * @throws Error naming the thing, the time waited and the last failure; the signal's reason when aborted
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
 * @param url an HTTP URL
 * @param accepts says of the body whether it is the one waited for
 * @returns the body of an accepted answer
 * @throws Error with the status or the connection's error
 */
export async function fetchText(url: string, accepts: (body: string) => boolean = () => true): Promise<string> {
  const { status, body } = await ask(url, { ms: 2000 });
  const seen = status === 200 ? body.trim().slice(0, 120) : `HTTP ${status}`;
  if (status !== 200 || !accepts(body)) throw new Error(`${withoutCredentials(url)}: ${seen}`);
  return body;
}
