import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `seen()` gives something other than undefined or false.
 *
 * @param what the name of the awaited thing in the error
 * @param seen looks for it; may be asynchronous
 * @param withinMs the longest wait in milliseconds
 * @returns what was seen
 * @throws Error with `what` and the wait
 */
export async function eventually<T>(
  what: string,
  seen: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await seen();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not seen within ${withinMs} ms`);
    await delay(10);
  }
}
