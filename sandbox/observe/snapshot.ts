import { setTimeout as delay } from 'node:timers/promises';
import type { Reporter } from '../topology/mesh-service.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { readCollector } from './collector.js';
import { type EdgeCounters, type ReporterCounters, readEdge, readReporter } from './reporter-counters.js';
import { ZipkinClient } from './zipkin-client.js';

/** Every counter of a sandbox at one moment; undefined if it could not be read. */
export interface Snapshot {
  /** Epoch milliseconds. */
  readonly at: number;
  /** By the reporter's name in Zipkin. */
  readonly reporters: Readonly<Record<string, ReporterCounters | undefined>>;
  readonly edge: EdgeCounters | undefined;
  /** Spans that the collector has counted. */
  readonly collected: number | undefined;
}

/** Reads all counters of a running sandbox at once. Never throws. */
async function takeSnapshot(sandbox: RunningSandbox): Promise<Snapshot> {
  const readNamed = async (reporter: Reporter) =>
    [reporter.name, await readReporter(sandbox, reporter).catch(() => undefined)] as const;
  const [reporters, edge, collector] = await Promise.all([
    Promise.all(sandbox.model.reporters.map(readNamed)),
    readEdge(sandbox).catch(() => undefined),
    readCollector(new ZipkinClient(sandbox.zipkinUrl)),
  ]);
  return { at: Date.now(), reporters: Object.fromEntries(reporters), edge, collected: collector?.spans };
}

/** What the front proxy counted between two snapshots; 0 if it did not answer. */
export function edgeBetween(before: Snapshot, after: Snapshot): EdgeCounters {
  const moved = (name: keyof EdgeCounters) => (after.edge?.[name] ?? 0) - (before.edge?.[name] ?? 0);
  return { requests: moved('requests'), traced: moved('traced') };
}

/** Whether no counter moved between two snapshots and nothing waits to be delivered. */
function isQuiet(earlier: Snapshot, later: Snapshot): boolean {
  const reportersQuiet = Object.entries(later.reporters).every(
    ([name, now]) => !now || (now.underWay === 0 && now.spans === earlier.reporters[name]?.spans),
  );
  return reportersQuiet && later.collected !== undefined && later.collected === earlier.collected;
}

/** How many milliseconds the Envoys collect spans before they send them. All have the same setting. */
async function flushIntervalMs({ ask, model }: RunningSandbox): Promise<number> {
  const { entries } = JSON.parse(await ask(model.front.name, 'admin', '/runtime')) as {
    readonly entries: Readonly<Record<string, { readonly final_value: string }>>;
  };
  return Number(entries['tracing.zipkin.flush_interval_ms']?.final_value ?? 5000);
}

/**
 * Waits until every reporter has delivered its spans and Zipkin has counted them. Reporters without counters are left
 * out.
 *
 * @param seconds longest wait
 * @returns the last snapshot, and whether all was quiet by then
 */
export async function takeQuietSnapshot(
  sandbox: RunningSandbox,
  seconds: number,
): Promise<{ readonly snapshot: Snapshot; readonly quiet: boolean }> {
  const deadline = Date.now() + seconds * 1000;
  const betweenMs = 300 + (await flushIntervalMs(sandbox).catch(() => 0));
  let earlier = await takeSnapshot(sandbox);
  while (Date.now() < deadline) {
    await delay(Math.min(betweenMs, deadline - Date.now()));
    const snapshot = await takeSnapshot(sandbox);
    if (isQuiet(earlier, snapshot)) return { snapshot, quiet: true };
    earlier = snapshot;
  }
  return { snapshot: earlier, quiet: false };
}
