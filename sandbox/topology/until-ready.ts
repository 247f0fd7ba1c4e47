import { lastLogLines, type ManagedProcess } from './managed-process.js';
import { fetchText, waitFor } from './wait.js';

/**
 * Waits until a process answers at each of its `readyUrls`.
 *
 * @throws Error with its last log lines if it ends first, or is not ready within `seconds`; the signal's reason when
 *   aborted
 */
export async function untilReady(
  { plan, ended, logFile }: ManagedProcess,
  seconds: number,
  signal?: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const limits = { seconds, signal: AbortSignal.any([over.signal, ...(signal ? [signal] : [])]) };
  const ready = plan.readyUrls.map((url) => waitFor(`${plan.name}, ready`, () => fetchText(url), limits));
  const died = ended.then((how) => {
    throw new Error(`${plan.name} ended with ${how} before it was ready: ${lastLogLines(logFile)}`);
  });
  died.catch(() => undefined);
  const notReady = (error: Error) => {
    signal?.throwIfAborted();
    const printed = `its last lines: ${lastLogLines(logFile)}`;
    throw new Error(`${error.message}; ${printed}; READY_SECONDS sets how long to wait`);
  };
  try {
    await Promise.race([Promise.all(ready).catch(notReady), died]);
  } finally {
    over.abort();
  }
}
