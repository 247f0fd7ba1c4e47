import { randomBytes } from 'node:crypto';
import { waitFor } from '../topology/wait.js';
import type { Span } from '../trace/span.js';
import { ZipkinClient } from '../zipkin/client.js';

const tracesPerPost = 400;

/** Sends one request and waits for its spans. */
async function oneTrace(frontUrl: string, zipkin: ZipkinClient, spans: number): Promise<Span[]> {
  const response = await fetch(`${frontUrl}/trace/1`);
  await response.text();
  const traceId = response.headers.get('x-b3-traceid') ?? '';
  const attempt = async () => {
    const found = await zipkin.trace(traceId);
    if (found.length < spans) throw new Error(`${found.length} of ${spans} spans`);
    return found;
  };
  return waitFor(`trace ${traceId}`, attempt, { seconds: 20 });
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
