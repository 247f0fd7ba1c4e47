import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Span } from '../../sandbox/trace/span.js';
import { readContext } from '../../sandbox/trace/trace-headers.js';
import { listen } from '../listening.js';
import { spansOf } from '../trace/written-spans.js';

/** Another system that reports to Zipkin. */
export interface ForeignSystem {
  /**
   * The spans of a request, by the milliseconds after the answer at which they are reported. `<$in` joins the request's
   * context; `$bad` is an id that Zipkin refuses.
   */
  readonly reports: Readonly<Record<number, string>>;
  /** How often the answer names the trace. Default: never. */
  readonly named?: number;
  readonly reads?: 'B3' | 'W3C';
}

export interface Came extends Pick<IncomingMessage, 'method' | 'headers'> {
  readonly body: string;
}

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

function contextOf(headers: IncomingHttpHeaders, reads: ForeignSystem['reads']) {
  const came = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  const isW3c = ([name]: readonly string[]) => name === 'traceparent';
  return readContext(
    Object.fromEntries(came.filter((header) => reads === undefined || isW3c(header) === (reads === 'W3C'))),
  );
}

/** The spans of one request, with their own ids and times from now on. */
function spansOfRequest(
  text: string,
  traceId: string,
  idOf: (name: string) => string | undefined,
  base: number,
): Span[] {
  return spansOf(text).map(({ parentId, ...span }) => {
    const parent = parentId && idOf(parentId);
    return {
      ...span,
      traceId,
      id: idOf(span.id) ?? '',
      ...(parent && { parentId: parent }),
      ...(span.timestamp !== undefined && { timestamp: base + span.timestamp }),
    };
  });
}

/** Starts a system, which ends with the test. Gives its URL and the requests that arrived. */
export async function startForeign(t: TestContext, zipkinUrl: string, system: ForeignSystem) {
  const came: Came[] = [];
  const { url: root } = await listen(t, async (request, response) => {
    const { method, headers } = request;
    came.push({ method, headers, body: (await request.toArray()).join('') });
    const context = contextOf(headers, system.reads);
    const traceId = context.traceId ?? hex(16);
    if (system.named) response.setHeader('x-b3-traceid', Array(system.named).fill(traceId));
    response.end('done');
    const base = Date.now() * 1000;
    const ids = new Map<string, string | undefined>([['$in', context.spanId]]);
    const idOf = (name: string) => {
      if (!ids.has(name)) ids.set(name, name === '$bad' ? 'no id' : hex(8));
      return ids.get(name);
    };
    for (const [afterMs, text] of Object.entries(system.reports)) {
      const spans = spansOfRequest(text, traceId, idOf, base);
      await delay(base / 1000 + Number(afterMs) - Date.now());
      await fetch(`${zipkinUrl}/api/v2/spans`, { method: 'POST', body: JSON.stringify(spans) });
    }
  });
  return { url: new URL(`${root}/orders`), came };
}
