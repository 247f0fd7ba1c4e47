import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountCollector, readCollector } from '../../sandbox/observe/collector.js';
import { lossesIn, readNumbers, readStats } from '../../sandbox/observe/reporter-counters.js';

test("an Envoy's counters have their own names; only those of the tracer and of the collector's cluster are read", () => {
  const stats = `
cluster.other.upstream_rq_retry: 7
cluster.zipkin.upstream_rq_retry: 4
tracing.zipkin.reports_dropped: 1
tracing.zipkin.spans_sent: 10
tracing.zipkin.text: none
`;
  assert.deepEqual(readStats(stats, ['tracing.zipkin.', 'cluster.zipkin.']), {
    upstream_rq_retry: 4,
    reports_dropped: 1,
    spans_sent: 10,
  });
});

test("an app's counters are read, whatever their names; some stand for lost spans and reports", () => {
  const counters = readNumbers({ service: 'a', recorded: 5, dropped: { full: 1, late: 0 }, failed: 2 });
  assert.deepEqual(counters, { recorded: 5, 'dropped.full': 1, 'dropped.late': 0, failed: 2 });
  assert.deepEqual(lossesIn(counters), [
    ['dropped.full', 1],
    ['failed', 2],
  ]);
  assert.deepEqual(lossesIn({ upstream_rq_retry: 9, reports_sent: 3, upstream_rq_pending_overflow: 1 }), [
    ['upstream_rq_pending_overflow', 1],
  ]);
});

test("Zipkin's counters are summed over its transports", async () => {
  const metrics = async () => ({
    'counter.zipkin_collector.spans.http': 5,
    'counter.zipkin_collector.spans.grpc': 2,
    'counter.zipkin_collector.spans_dropped.http': 1,
    'counter.zipkin_collector.messages.http': 3,
    'gauge.zipkin_collector.message_spans.http': 99,
  });
  const counters = await readCollector({ metrics });
  assert.deepEqual(counters, { spans: 7, spansDropped: 1, messages: 3, messagesDropped: 0 });
});

test('a restart of the collector is noticed, and its earlier counts are kept', () => {
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
