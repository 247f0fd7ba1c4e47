import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountReporters } from '../../sandbox/observe/account.js';
import { readCollectorCounters } from '../../sandbox/observe/collector-counters.js';
import { accountCollector } from '../../sandbox/observe/collector-watch.js';
import { drawLedger } from '../../sandbox/observe/draw-ledger.js';
import {
  envoyStatsPath,
  readEnvoyStats,
  readReportingSettings,
  readUptime,
} from '../../sandbox/observe/envoy-counters.js';
import { type Snapshot, takeSnapshot } from '../../sandbox/observe/snapshot.js';

const stats = `
cluster.app.upstream_rq_total: 3
cluster.service2.upstream_rq_total: 2
cluster.zipkin.circuit_breakers.default.remaining_retries: 97
cluster.zipkin.upstream_cx_connect_fail: 1
cluster.zipkin.upstream_rq_active: 4
cluster.zipkin.upstream_rq_total: 90
http.admin.downstream_rq_total: 50
http.egress.downstream_rq_total: 2
http.ingress.downstream_rq_total: 3
http.ingress.tracing.random_sampling: 3
tracing.zipkin.reports_dropped: 1
tracing.zipkin.reports_sent: 7
http.reports.downstream_rq_total: 30
tracing.zipkin.spans_sent: 10
service2::default_priority::max_retries::3
zipkin::default_priority::max_retries::100
zipkin::high_priority::max_retries::3
`;

test("an Envoy's requests and attempts are those of its listeners and clusters, the collector's, the apps' reports and the admin's aside", () => {
  const counters = readEnvoyStats(stats);
  assert.equal(counters.requests, 5);
  assert.equal(counters.attempts, 5);
  assert.equal(counters.spansSent, 10);
  assert.equal(counters.reportsUnderWay, 4 + 3);
  assert.deepEqual(counters.reports, { sent: 7, dropped: 1, failed: 0, skipped: 0 });
  assert.equal(counters.collector.connectFailures, 1);
});

test("seconds since an Envoy's start", () => {
  assert.equal(readUptime('{"state": "LIVE", "uptime_current_epoch": "73s", "uptime_all_epochs": "73s"}'), 73);
});

test('reporting settings are those in force, else Envoy defaults', () => {
  const entries = { 'tracing.zipkin.min_flush_spans': { final_value: '20' } };
  assert.deepEqual(readReportingSettings(JSON.stringify({ entries })), { spansPerReport: 20, flushIntervalMs: 5000 });
});

test("Zipkin's counters are summed over its transports and instances", () => {
  const counters = readCollectorCounters([
    {
      'counter.zipkin_collector.spans.http': 5,
      'counter.zipkin_collector.spans.grpc': 2,
      'counter.zipkin_collector.spans_dropped.http': 1,
      'counter.zipkin_collector.messages.http': 3,
      'gauge.zipkin_collector.message_spans.http': 99,
    },
    { 'counter.zipkin_collector.spans.http': 10 },
  ]);
  assert.deepEqual(counters, { spans: 17, spansDropped: 1, messages: 3, messagesDropped: 0 });
});

test('a snapshot adds up what the instances of a service say; the youngest says since when they run', async () => {
  const envoy: Readonly<Record<string, readonly string[]>> = {
    [envoyStatsPath]: [stats, stats],
    '/runtime': ['{"entries": {}}', '{"entries": {}}'],
    '/server_info': ['{"uptime_current_epoch": "73s"}', '{"uptime_current_epoch": "9s"}'],
    '/reporter': [
      '{"recorded": 5, "sent": 4, "accepted": 4, "dropped": {"full": 1}, "buffered": 0, "collector": "reachable"}',
      '{"recorded": 3, "sent": 2, "accepted": 1, "dropped": {"refused": 1}, "buffered": 1, "collector": "away"}',
    ],
  };
  const { envoys, apps, collector } = await takeSnapshot({
    askAll: async (_service, _part, path) => envoy[path] ?? [],
    collectorMetrics: async () => [{}, { 'counter.zipkin_collector.messages.http': 2 }],
  });
  assert.deepEqual([envoys.service1?.requests, envoys.service1?.spansSent], [10, 20]);
  assert.equal(envoys.service1?.uptimeSeconds, 9);
  assert.deepEqual(apps['service1-app'], {
    recorded: 8,
    sent: 6,
    accepted: 5,
    dropped: { full: 1, refused: 1 },
    buffered: 1,
    collector: 'away',
  });
  assert.equal(collector?.messages, 2);
});

test('a collector that begins anew is seen, and what it counted before is kept', () => {
  const reading = (at: number, spans: number) => ({
    at,
    counters: { spans, spansDropped: 0, messages: spans, messagesDropped: 0 },
  });
  const account = accountCollector([reading(0, 100), reading(1000, 130), reading(9000, 5), reading(10_000, 25)]);
  assert.equal(account.spans, 30 + 25);
  assert.equal(account.restarts, 1);
  assert.equal(account.silentSeconds, 8);
  assert.equal(account.spansSinceStart, 25);
});

function snapshot(at: number, uptimeSeconds: number, recorded: number): Snapshot {
  const envoy = { ...readEnvoyStats(stats), uptimeSeconds, spansPerReport: 20, flushIntervalMs: 200 };
  const app = {
    recorded,
    sent: recorded,
    accepted: recorded,
    dropped: {},
    buffered: 0,
    collector: 'reachable',
  } as const;
  return { at, envoys: { service1: envoy }, apps: { 'service1-app': app }, collector: undefined };
}

test('an app is known to be restarted by its sidecar, which ends with it', () => {
  const running = accountReporters(snapshot(0, 60, 5), snapshot(10_000, 70, 8));
  assert.equal(running.service1?.restarted, false);
  assert.deepEqual([running['service1-app']?.restarted, running['service1-app']?.sent], [false, 3]);
  const restarted = accountReporters(snapshot(0, 60, 5), snapshot(10_000, 4, 8));
  assert.equal(restarted.service1?.restarted, true);
  assert.deepEqual([restarted['service1-app']?.restarted, restarted['service1-app']?.sent], [true, 8]);
});

test('a ledger is drawn with a line for each reason', () => {
  const spans = { recorded: 1200, sent: 1200, accepted: 1195, stored: 1195, evicted: 0, missing: 5 };
  const lines = drawLedger({
    rows: [{ reporter: 'front-proxy', ...spans, losses: [{ spans: 5, reason: 'lost' }] }],
    total: spans,
    wholeTraces: 100,
    incompleteTraces: ['a1'],
    notes: ['odd'],
  });
  assert.deepEqual(lines, [
    'spans        recorded   sent  accepted  stored  missing',
    'front-proxy     1,200  1,200     1,195   1,195        5',
    'all             1,200  1,200     1,195   1,195        5',
    'missing: 5 of front-proxy: lost',
    'not whole: trace a1',
    'note: odd',
  ]);
});
