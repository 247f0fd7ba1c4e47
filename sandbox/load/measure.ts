import { setTimeout as delay } from 'node:timers/promises';
import { watchCollector } from '../observe/collector.js';
import { joinLedger, type Ledger } from '../observe/ledger.js';
import { edgeBetween, takeQuietSnapshot } from '../observe/snapshot.js';
import { type SpanCounts, StoredTraces } from '../observe/stored-traces.js';
import { ZipkinClient } from '../observe/zipkin-client.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { readContext } from '../trace/trace-headers.js';
import { type Answered, type Generated, generateLoad } from './generate.js';
import { Latencies, type Latency } from './latency.js';
import type { LoadPlan } from './load-plan.js';

/** A load, its answers, and what happened to its spans. */
export interface MeasuredLoad extends Generated {
  readonly requestsPerSecond: number;
  readonly latency: Latency;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Whether every span had been reported or given up when the ledger was made. */
  readonly quiet: boolean;
  readonly ledger: Ledger;
}

export interface MeasureOptions {
  /** The spans of one request that is answered with 200; empty if the path has no shape. */
  readonly spansEach: SpanCounts;
  /** How many spans Zipkin keeps. */
  readonly spanLimit: number;
  /** Whether to read traces during a long load, before Zipkin forgets them. That costs throughput. */
  readonly keepUp: boolean;
  /** Longest wait for the last spans, in seconds. */
  readonly quietSeconds: number;
  readonly stopped: AbortSignal;
  /** Called about once a second with the progress. */
  readonly onProgress: (text: string) => void;
  /** Called when the last span has been reported, before traces are read. */
  readonly onQuiet?: () => Promise<void>;
}

const largestShareUnseen = 0.4;
const tracesALook = 1000;
// With tracing off, Envoy writes '-' instead.
const traceIdPattern = /^[0-9a-f]{16,32}$/;

async function keepUp(traces: StoredTraces, options: MeasureOptions, ended: AbortSignal): Promise<void> {
  const spans = Object.values(options.spansEach).reduce((sum, each) => sum + each, 0);
  while (!ended.aborted && spans > 0) {
    // A trace that could not be read now is read at the end.
    const isLate = traces.unseen * spans > options.spanLimit * largestShareUnseen;
    if (isLate) await traces.look(tracesALook).catch(() => undefined);
    await delay(50, undefined, { signal: ended }).catch(() => undefined);
  }
}

/**
 * Sends a load to a running sandbox and accounts for every span of it.
 *
 * @throws ZipkinError if its traces cannot be read at the end
 */
export async function measureLoad(
  sandbox: RunningSandbox,
  plan: LoadPlan,
  options: MeasureOptions,
): Promise<MeasuredLoad> {
  const { onProgress, quietSeconds, spanLimit } = options;
  const zipkin = new ZipkinClient(sandbox.zipkinUrl);
  const { decision } = readContext(plan.headers);
  const sampled = decision && decision !== '0';
  const hasShape = Object.keys(options.spansEach).length > 0;
  const spansEach = sampled === false ? {} : options.spansEach;
  const ownApps = sandbox.model.services.flatMap(({ app }) => (app?.isOwn ? app.name : []));
  onProgress('waiting for the last requests');
  const { snapshot: before } = await takeQuietSnapshot(sandbox, quietSeconds);
  const stopWatching = watchCollector(zipkin);
  const traces = new StoredTraces((ids) => zipkin.traceMany(ids), spansEach, ownApps.length > 0);

  const latencies = new Latencies();
  const statuses: Record<string, number> = {};
  const onAnswer = ({ status, traceId, milliseconds }: Answered): void => {
    latencies.add(milliseconds);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (traceIdPattern.test(traceId)) traces.add(traceId, hasShape && status === 200);
  };
  const startedAt = Date.now();
  const progress = setInterval(() => {
    const { count } = latencies;
    const seconds = (Date.now() - startedAt) / 1000;
    const failed = count - (statuses[200] ?? 0);
    onProgress(`${seconds.toFixed(0)} s, ${count} answers, ${(count / seconds).toFixed(0)}/s, ${failed} not 200`);
  }, 1000);
  const ended = new AbortController();
  const keepingUp = options.keepUp ? keepUp(traces, options, ended.signal) : undefined;
  const generated = await generateLoad(plan, onAnswer, options.stopped);
  clearInterval(progress);
  onProgress('waiting for the last reports');
  const { snapshot: after, quiet } = await takeQuietSnapshot(sandbox, quietSeconds);
  await options.onQuiet?.();
  ended.abort();
  await keepingUp;

  const collector = await stopWatching();
  const atEdge = edgeBetween(before, after);
  const found = await traces.finish({
    mayEvict: collector.spansSinceStart > spanLimit,
    maySkip: sampled === undefined && atEdge.traced < atEdge.requests,
    onProgress: (left) => onProgress(`reading traces, ${left} left`),
  });
  const { requests, answered, seconds } = generated;
  const traffic = {
    ...{ requests, unanswered: requests - answered, sampled, spansEach, ownApps },
    asExpected: hasShape ? (statuses[200] ?? 0) : 0,
  };
  const ledger = joinLedger({ traffic, before, after, found, collector });
  const latency = latencies.summary();
  return { ...generated, requestsPerSecond: answered / seconds, latency, statuses, quiet, ledger };
}
