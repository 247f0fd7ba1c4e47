import { randomBytes } from 'node:crypto';
import { traceRequest } from '../../sandbox/observe/collect.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import type { Span } from '../../sandbox/trace/span.js';

const tracesPerPost = 400;

/** Sends one request and waits for its spans. */
async function oneTrace(frontUrl: string, zipkin: ZipkinClient, expected: number): Promise<Span[]> {
  const request = { url: new URL(`${frontUrl}/trace/1`), method: 'GET', headers: {} };
  const enough = ({ length }: readonly Span[]) => length >= expected;
  const { answer, spans } = await traceRequest(zipkin, request, { enough, limitMs: 20_000 });
  if (!enough(spans)) throw new Error(`trace ${answer.traceId}: ${spans.length} of ${expected} spans came to Zipkin`);
  return spans;
}

/**
 * Fills Zipkin's store with copies of a real trace, so that what follows finds it as full as it will ever be.
 *
 * @param spansEach spans of one `/trace/1`
 * @param spanLimit spans that the store keeps
 * @throws Error where Zipkin does not take them
 */
export async function fillStore(
  { frontUrl, zipkinUrl }: { readonly frontUrl: string; readonly zipkinUrl: string },
  spansEach: number,
  spanLimit: number,
): Promise<void> {
  const trace = await oneTrace(frontUrl, new ZipkinClient(zipkinUrl), spansEach);
  const copy = () => {
    const traceId = randomBytes(16).toString('hex');
    return trace.map((span) => ({ ...span, traceId }));
  };
  for (let sent = 0; sent < spanLimit; sent += tracesPerPost * trace.length) {
    const body = JSON.stringify(Array.from({ length: tracesPerPost }, copy).flat());
    const { status } = await fetch(`${zipkinUrl}/api/v2/spans`, { method: 'POST', body });
    if (status !== 202) throw new Error(`Zipkin at ${zipkinUrl} answered ${status} to ${spanLimit} spans; is it full?`);
  }
}
