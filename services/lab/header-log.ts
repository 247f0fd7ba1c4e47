import { traceHeaders } from '../tracing/propagation.js';

/**
 * Writes one line of the header log: the trace headers of one request that entered (`in`) or left (`out`) this app.
 *
 * @param header reads one header by its lower-case name
 * @returns JSON `{at, direction, requestId, headers}`; requestId is null when there was none
 */
export function headerLogLine(
  at: string,
  direction: 'in' | 'out',
  header: (name: string) => string | null | undefined,
): string {
  const seen = traceHeaders.flatMap((name): [string, string][] => {
    const value = header(name);
    return value == null ? [] : [[name, value]];
  });
  const headers = Object.fromEntries(seen);
  return JSON.stringify({ at, direction, requestId: headers['x-request-id'] ?? null, headers });
}
