import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `seen()` gives something other than undefined or false.
 *
 * @param what names the awaited thing in the failure
 * @param seen looks; may be asynchronous
 * @param withinMs gives up after this many milliseconds
 * @returns what was seen
 * @throws Error naming `what` and the wait
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
