import { randomBytes } from 'node:crypto';

const spansPerPost = 40;
const tagBytes = 200_000;
/** So many refusals in a row mean "full". A single one may be a pause of the garbage collector. */
const refusalsWhenFull = 10;
const tags = { filler: randomBytes(tagBytes / 2).toString('hex') };

function bigSpans(): string {
  const span = () => {
    const id = randomBytes(8).toString('hex');
    return { traceId: id, id, timestamp: Date.now() * 1000, localEndpoint: { serviceName: 'filler' }, tags };
  };
  return JSON.stringify(Array.from({ length: spansPerPost }, span));
}

/**
 * Posts big spans, 8 MB at a time, until Zipkin takes no more.
 *
 * @param zipkinUrl the root URL of Zipkin
 * @param megabytes how much to send at most
 * @throws Error if Zipkin took them all
 */
export async function fillZipkin(zipkinUrl: string, megabytes: number): Promise<void> {
  let refused = 0;
  for (let sent = 0; sent < megabytes * 1e6 && refused < refusalsWhenFull; sent += spansPerPost * tagBytes) {
    const post = fetch(`${zipkinUrl}/api/v2/spans`, {
      method: 'POST',
      body: bigSpans(),
      signal: AbortSignal.timeout(5000),
    });
    const isTaken = await post.then(
      ({ ok }) => ok,
      () => false,
    );
    refused = isTaken ? 0 : refused + 1;
  }
  if (refused === refusalsWhenFull) return;
  throw new Error(`Zipkin took ${megabytes} MB of spans; its heap is larger than that, so it was not filled`);
}
