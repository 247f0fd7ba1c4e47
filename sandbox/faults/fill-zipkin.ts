import { randomBytes } from 'node:crypto';

const spansPerPost = 40;
const tagBytes = 200_000;

function bigSpans(): string {
  const traceId = randomBytes(8).toString('hex');
  const spans = Array.from({ length: spansPerPost }, () => ({
    traceId,
    id: randomBytes(8).toString('hex'),
    timestamp: Date.now() * 1000,
    duration: 1,
    localEndpoint: { serviceName: 'filler' },
    tags: { filler: randomBytes(tagBytes / 2).toString('hex') },
  }));
  return JSON.stringify(spans);
}

/**
 * Posts big spans until Zipkin no longer takes them.
 *
 * @param zipkinUrl Zipkin's root
 * @param megabytes most to send
 * @throws Error where Zipkin took them all
 */
export async function fillZipkin(zipkinUrl: string, megabytes: number): Promise<void> {
  const posts = Math.ceil((megabytes * 1e6) / (spansPerPost * tagBytes));
  for (let count = 0; count < posts; count++) {
    const accepted = await fetch(`${zipkinUrl}/api/v2/spans`, {
      method: 'POST',
      body: bigSpans(),
      signal: AbortSignal.timeout(5000),
    }).then(
      (response) => response.ok,
      () => false,
    );
    if (!accepted) return;
  }
  throw new Error(`Zipkin took ${megabytes} MB of spans; its heap is larger than that, so it was not filled`);
}
