/** @returns the message of an error without the name or address at its beginning, because the line already has that */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  return (error.cause instanceof Error ? error.cause.message : error.message)
    .replace(/^https?:\S+: |^\S+'s (admin|app) /, '')
    .replace('The operation was aborted due to timeout', 'no answer in time');
}

/** @returns why `attempt` failed; undefined if it did not */
export const failureOf = (attempt: Promise<unknown>): Promise<string | undefined> =>
  attempt.then(() => undefined, messageOf);
