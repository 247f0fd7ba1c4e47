import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import type { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import type { Span } from '../../sandbox/trace/span.js';
import { buildTree } from '../../sandbox/trace/tree.js';
import { matchShape } from '../../sandbox/verdict/match-shape.js';
import { countExpected } from '../../sandbox/verdict/shape.js';
import { ownShape } from '../topology/own-shape.js';

const shape = ownShape('/trace/1');

/** Gives the spans of these traces by id, when each has enough spans for the shape. */
async function wholeTraces(zipkin: ZipkinClient, traceIds: readonly string[]): Promise<Map<string, Span[]>> {
  const found = new Map<string, Span[]>();
  await waitFor(
    `${traceIds.length} whole traces`,
    async () => {
      const parts: Span[][] = [];
      for (const spans of await zipkin.traceMany(traceIds.filter((id) => !found.has(id)))) {
        if (spans.length >= countExpected(shape)) found.set(spans[0]?.traceId ?? '', spans);
        else parts.push(spans);
      }
      const missing = traceIds.length - found.size;
      if (missing > 0) throw new Error(`${missing} are missing, among them ${parts.slice(0, 3).map(describePart)}`);
    },
    { seconds: 60, everyMs: 500 },
  );
  return found;
}

/** What a trace that lacks spans lacks, and which pods its other spans came from. */
function describePart(spans: readonly Span[]): string {
  const findings = matchShape(shape, buildTree(spans)).findings;
  const pods = new Set(spans.map(({ tags }) => tags?.node_id));
  return `${spans[0]?.traceId} (${[...pods].join(' ')}): ${JSON.stringify(findings).slice(0, 1000)}`;
}

/** Waits until Zipkin has these traces of `/trace/1`. Fails if one of them is not exactly its shape. */
export async function exactTraces(zipkin: ZipkinClient, traceIds: readonly string[]): Promise<Span[][]> {
  assert.equal(new Set(traceIds).size, traceIds.length);
  const traces = [...(await wholeTraces(zipkin, traceIds)).values()];
  for (const spans of traces) assert.deepEqual(matchShape(shape, buildTree(spans)).findings, []);
  return traces;
}

/** Sends one `/trace/1`, which must be answered with 200. Gives its trace id. */
export async function sendOne(frontUrl: string): Promise<string> {
  const response = await fetch(`${frontUrl}/trace/1`, { signal: AbortSignal.timeout(15_000) });
  const body = await response.text();
  const traceId = response.headers.get('x-b3-traceid') ?? '';
  assert.equal(response.status, 200, `${body.trim()} (trace ${traceId})`);
  return traceId;
}

/** The results of a steady load: the traces of the answered requests, and what went wrong with the others. */
export interface SteadyLoad {
  readonly traceIds: string[];
  readonly failures: string[];
}

/** Sends `rate` requests a second until `ended`. It keeps its connections as long as the front proxy keeps them. */
export async function sendSteadily(frontUrl: string, rate: number, ended: AbortSignal): Promise<SteadyLoad> {
  const load: SteadyLoad = { traceIds: [], failures: [] };
  const underWay: Promise<void>[] = [];
  while (!ended.aborted) {
    const sending = sendOne(frontUrl).then(
      (traceId) => void load.traceIds.push(traceId),
      (error: Error) => void load.failures.push(`${new Date().toISOString()} ${error.cause ?? error.message}`),
    );
    underWay.push(sending);
    await delay(1000 / rate, undefined, { signal: ended }).catch(() => undefined);
  }
  await Promise.all(underWay);
  return load;
}

/** Sends `count` requests, `parallel` at a time. */
export const sendMany = (frontUrl: string, count: number, parallel: number): Promise<string[]> =>
  pMap(Array(count).keys(), () => sendOne(frontUrl), { concurrency: parallel });

/** Sends requests until they are answered and one of them has left its whole trace. */
export async function firstExactTrace(frontUrl: string, zipkin: ZipkinClient): Promise<void> {
  const attempt = async () => exactTraces(zipkin, [await sendOne(frontUrl)]);
  await waitFor('a first exact trace', attempt, { seconds: 120, everyMs: 200 });
}
