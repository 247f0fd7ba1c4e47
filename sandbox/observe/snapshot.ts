import { setTimeout as delay } from 'node:timers/promises';
import { type AppCounters, addAppCounters, readAppCounters } from './app-counters.js';
import { type CollectorCounters, readCollectorCounters } from './collector-counters.js';
import type { CounterSource } from './counter-source.js';
import {
  type EnvoyCounters,
  envoyStatsPath,
  type ReportingSettings,
  readEnvoyStats,
  readReportingSettings,
  readUptime,
} from './envoy-counters.js';

/** What an Envoy has counted, how it reports, and since when it runs. */
export interface EnvoySnapshot extends EnvoyCounters, ReportingSettings {
  readonly uptimeSeconds: number;
}

/** Every counter of a sandbox at one moment, by the reporter's name in Zipkin; undefined where it did not answer. */
export interface Snapshot {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly envoys: Readonly<Record<string, EnvoySnapshot | undefined>>;
  readonly apps: Readonly<Record<string, AppCounters | undefined>>;
  readonly collector: CollectorCounters | undefined;
}

/** Who reports spans: the name in Zipkin, and the service of docker-compose.yml that it is a part of. */
const envoys = { 'front-proxy': 'front-envoy', service1: 'service1', service2: 'service2' };
const apps = { 'service1-app': 'service1', 'service2-app': 'service2' };

const unlessFailed = <T>(promise: Promise<T>): Promise<T | undefined> => promise.catch(() => undefined);

/** Of all instances together; the youngest says since when. They are configured alike. */
async function snapshotOfEnvoy(source: CounterSource, service: string): Promise<EnvoySnapshot> {
  const ask = (path: string) => source.askAll(service, 'admin', path);
  const paths = [envoyStatsPath, '/clusters', '/runtime', '/server_info'] as const;
  const [stats = [], clusters = [], runtimes = [], infos = []] = await Promise.all(paths.map(ask));
  return {
    ...readEnvoyStats([...stats, ...clusters].join('\n')),
    ...readReportingSettings(runtimes[0] ?? ''),
    uptimeSeconds: Math.min(...infos.map(readUptime)),
  };
}

async function ofEach<T>(services: Readonly<Record<string, string>>, read: (service: string) => Promise<T>) {
  const entries = Object.entries(services).map(async ([reporter, service]) => [
    reporter,
    await unlessFailed(read(service)),
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, T | undefined>;
}

/** Reads every counter of a running sandbox at once, those of several instances added up; never throws. */
export async function takeSnapshot(source: CounterSource): Promise<Snapshot> {
  const [ofEnvoys, ofApps, collector] = await Promise.all([
    ofEach(envoys, (service) => snapshotOfEnvoy(source, service)),
    ofEach(apps, async (service) =>
      addAppCounters((await source.askAll(service, 'app', '/reporter')).map(readAppCounters)),
    ),
    unlessFailed(source.collectorMetrics().then(readCollectorCounters)),
  ]);
  return { at: Date.now(), envoys: ofEnvoys, apps: ofApps, collector };
}

/** Whether nothing has moved between two snapshots and nothing waits to be reported. */
function isQuiet(earlier: Snapshot, later: Snapshot): boolean {
  const envoysQuiet = Object.entries(later.envoys).every(
    ([name, now]) => now && now.reportsUnderWay === 0 && now.spansSent === earlier.envoys[name]?.spansSent,
  );
  const appsQuiet = Object.entries(later.apps).every(
    ([name, now]) => !now || (now.buffered === 0 && now.recorded === earlier.apps[name]?.recorded),
  );
  return (
    envoysQuiet && appsQuiet && later.collector !== undefined && later.collector.spans === earlier.collector?.spans
  );
}

/**
 * Waits until every reporter has sent all it had and Zipkin has counted it. An app without counters is left out.
 *
 * @param seconds longest wait
 * @returns the last snapshot, and whether all was quiet by then
 */
export async function takeQuietSnapshot(
  source: CounterSource,
  seconds: number,
): Promise<{ readonly snapshot: Snapshot; readonly quiet: boolean }> {
  const deadline = Date.now() + seconds * 1000;
  let earlier = await takeSnapshot(source);
  while (Date.now() < deadline) {
    const intervals = Object.values(earlier.envoys).map((envoy) => envoy?.flushIntervalMs ?? 0);
    await delay(Math.min(Math.max(...intervals) + 300, deadline - Date.now()));
    const snapshot = await takeSnapshot(source);
    if (isQuiet(earlier, snapshot)) return { snapshot, quiet: true };
    earlier = snapshot;
  }
  return { snapshot: earlier, quiet: false };
}
