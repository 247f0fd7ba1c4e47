import { quietMsOf, traceRequest } from '../observe/collect.js';
import { ZipkinClient } from '../observe/zipkin-client.js';
import type { Model } from '../topology/model.js';
import { exactSpanCount } from '../topology/model-shape.js';
import type { NativeSandbox } from '../topology/native-sandbox.js';
import { waitFor } from '../topology/wait.js';
import type { Span } from '../trace/span.js';

/**
 * Sends the first request, sampled at any rate, and waits for its trace. It repeats the request for ten seconds while it
 * is answered with a 5xx. The trace must be whole, unless an app is one of the user's own. Ends when the sandbox ends.
 *
 * @throws Error of one line if the answer is not 200, or spans are missing
 */
export async function firstTrace(
  { frontUrl, zipkinUrl }: NativeSandbox['plan'],
  model: Model,
  over: AbortSignal,
): Promise<Span[]> {
  const url = new URL(frontUrl + model.firstPath);
  const expected = exactSpanCount(model, model.firstPath);
  const request = { url, method: 'GET', headers: { 'x-b3-sampled': '1' } };
  const send = async () => {
    const sent = await traceRequest(new ZipkinClient(zipkinUrl), request, ({ status }) => ({
      limitMs: status === 200 ? 20_000 : 0,
      signal: over,
      ...(expected ? { enough: ({ length }) => length >= expected } : { quietMs: quietMsOf({ model }) }),
    }));
    if (sent.answer.status >= 500) throw new Error(`it answered ${sent.answer.status}`);
    return sent;
  };
  const { answer, spans } = await waitFor(`GET ${url}`, send, { seconds: 10, everyMs: 250, signal: over });
  if (answer.status !== 200) {
    throw new Error(`${url} answered ${answer.status}, trace id ${answer.traceId ?? 'none'}`);
  }
  over.throwIfAborted();
  const fewest = expected ?? 1;
  if (spans.length < fewest)
    throw new Error(`trace ${answer.traceId}: ${spans.length} of ${fewest} spans came to Zipkin`);
  return spans;
}
