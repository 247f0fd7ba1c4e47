import { cache, root } from '../../sandbox/cli/project.js';
import { requireShape } from '../../sandbox/cli/targets.js';
import { collectTrace } from '../../sandbox/observe/collect.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import { findSandbox, type RunningSandbox } from '../../sandbox/topology/running-sandbox.js';
import type { Span } from '../../sandbox/trace/span.js';
import { countExpected, type Shape } from '../../sandbox/verdict/shape.js';

/** The sandbox that test/run.ts started for the end-to-end tests. */
export const sandbox: RunningSandbox = await findSandbox(root, cache, process.env);

export const zipkin = new ZipkinClient(sandbox.zipkinUrl);

/** One of the sandbox's own shapes. */
export const shapeOf = (path: '/trace/1' | '/trace/2'): Shape => requireShape(sandbox.model, path);

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  readonly traceId: string;
}

/** Sends a request through the front proxy. */
export async function request(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${sandbox.frontUrl}${path}`, { ...init, signal: AbortSignal.timeout(15_000) });
  const body = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body,
    traceId: response.headers.get('x-b3-traceid') ?? '',
  };
}

/** Waits until Zipkin has at least `count` spans of a trace. */
export async function spansOf(traceId: string, count: number): Promise<Span[]> {
  const enough = ({ length }: readonly Span[]) => length >= count;
  const spans = await collectTrace(zipkin, traceId, { limitMs: 15_000, enough });
  if (!enough(spans)) throw new Error(`trace ${traceId}: ${spans.length} of ${count} spans`);
  return spans;
}

/** Sends one request and waits for the whole trace that `shape` expects. */
export async function tracedRequest(path: string, shape: Shape): Promise<{ answer: Answer; spans: Span[] }> {
  const answer = await request(path);
  return { answer, spans: await spansOf(answer.traceId, countExpected(shape)) };
}
