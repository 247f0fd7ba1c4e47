import { randomBytes } from 'node:crypto';

const spansPerPost = 40;
const tagBytes = 200_000;
const bytesPerPost = spansPerPost * tagBytes;
/** Refusals in a row that mean "full": a single one may be a pause of the garbage collector. */
const refusalsWhenFull = 10;

const filler = JSON.stringify({ filler: randomBytes(tagBytes / 2).toString('hex') });

function bigSpans(): string {
  const span = () => {
    const id = randomBytes(8).toString('hex');
    const rest = `"timestamp":${Date.now() * 1000},"duration":1,"localEndpoint":{"serviceName":"filler"}`;
    return `{"traceId":"${id}","id":"${id}",${rest},"tags":${filler}}`;
  };
  return `[${Array.from({ length: spansPerPost }, span).join(',')}]`;
}

async function accepts(url: string): Promise<boolean> {
  const post = fetch(url, { method: 'POST', body: bigSpans(), signal: AbortSignal.timeout(5000) });
  return post.then(
    ({ ok }) => ok,
    () => false,
  );
}

/**
 * Posts big spans, 8 MB at a time, until Zipkin takes no more.
 *
 * @param zipkinUrl Zipkin's root
 * @param megabytes most to send
 * @throws Error where Zipkin took them all
 */
export async function fillZipkin(zipkinUrl: string, megabytes: number): Promise<void> {
  let refused = 0;
  for (let sent = 0; sent < megabytes * 1e6 && refused < refusalsWhenFull; sent += bytesPerPost) {
    refused = (await accepts(`${zipkinUrl}/api/v2/spans`)) ? 0 : refused + 1;
  }
  if (refused < refusalsWhenFull) {
    throw new Error(`Zipkin took ${megabytes} MB of spans; its heap is larger than that, so it was not filled`);
  }
}
