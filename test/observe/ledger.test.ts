import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppAccount, EnvoyAccount } from '../../sandbox/observe/account.js';
import type { CollectorAccount } from '../../sandbox/observe/collector-watch.js';
import { joinLedger, type LedgerInput, type Traffic } from '../../sandbox/observe/ledger.js';
import type { StoredSpans } from '../../sandbox/observe/stored-traces.js';

/** Ten requests through an Envoy that leaves two spans each and an app that leaves one. */
const envoy: EnvoyAccount = {
  kind: 'envoy',
  restarted: false,
  requests: 10,
  traced: 10,
  attempts: 10,
  sent: 20,
  reports: { sent: 1, dropped: 0, failed: 0, skipped: 0 },
  trouble: { timeouts: 0, connectFailures: 0, closed: 0, overflows: 0, refusals: 0, failures: 0 },
  spansPerReport: 5,
};
const app: AppAccount = {
  kind: 'app',
  restarted: false,
  recorded: 10,
  sent: 10,
  accepted: 10,
  dropped: {},
  buffered: 0,
};
const traffic: Traffic = {
  requests: 10,
  asExpected: 10,
  unanswered: 0,
  decision: 'none',
  spansEach: { 'front-proxy': 2, 'service1-app': 1 },
};
const collector: CollectorAccount = {
  spans: 30,
  spansDropped: 0,
  messages: 2,
  messagesDropped: 0,
  restarts: 0,
  silentSeconds: 1,
  spansSinceStart: 30,
};
const found: StoredSpans = {
  stored: { 'front-proxy': 20, 'service1-app': 10 },
  evicted: {},
  unexpected: {},
  wholeTraces: 10,
  incompleteTraces: [],
};
const lostReports = { sent: 1, dropped: 1, failed: 0, skipped: 0 };

interface Change {
  readonly front?: Partial<EnvoyAccount> | null;
  readonly app?: Partial<AppAccount>;
  readonly traffic?: Partial<Traffic>;
  readonly collector?: Partial<CollectorAccount>;
  readonly found?: Partial<StoredSpans>;
}

function input(change: Change): LedgerInput {
  return {
    traffic: { ...traffic, ...change.traffic },
    accounts: {
      'front-proxy': change.front === null ? undefined : { ...envoy, ...change.front },
      'service1-app': { ...app, ...change.app },
    },
    found: { ...found, ...change.found },
    collector: { ...collector, ...change.collector },
  };
}

const storedOfFront = (spans: number) => ({ stored: { 'front-proxy': spans, 'service1-app': 10 } });
const storedOfApp = (spans: number) => ({ stored: { 'front-proxy': 20, 'service1-app': spans } });

const cases: readonly [title: string, change: Change, missing: number, reasons: RegExp[]][] = [
  ['nothing is lost', {}, 0, []],
  [
    'an app drops spans beyond its buffer',
    { app: { accepted: 7, dropped: { 'buffer-full': 3 } }, found: storedOfApp(7) },
    3,
    [/^3 of service1-app: its buffer was full/],
  ],
  [
    'Zipkin refuses spans of an app',
    { app: { accepted: 9, dropped: { 'refused-400': 1 } }, found: storedOfApp(9) },
    1,
    [/^1 of service1-app: Zipkin refused them with 400/],
  ],
  [
    'an app still keeps spans',
    { app: { accepted: 4, buffered: 6 }, found: storedOfApp(4) },
    6,
    [/^6 of service1-app: it still keeps them/],
  ],
  [
    'an app never recorded a span',
    { app: { recorded: 8, sent: 8, accepted: 8 }, found: storedOfApp(8) },
    2,
    [/^2 of service1-app: it never recorded them/],
  ],
  [
    'an app was restarted',
    { app: { restarted: true, recorded: 4, sent: 4, accepted: 4 }, found: storedOfApp(7) },
    3,
    [/^3 of service1-app: it was restarted/],
  ],
  [
    'a report of an Envoy timed out',
    { front: { reports: lostReports, trouble: { ...envoy.trouble, timeouts: 1 } }, found: storedOfFront(15) },
    5,
    [/^5 of front-proxy: 1 of its reports did not arrive \(1 unanswered in time\)/],
  ],
  [
    'a lost report explains no more than one report holds',
    { front: { reports: lostReports }, found: storedOfFront(13) },
    7,
    [/^5 of front-proxy: 1 of its reports/, /^2 of front-proxy: Zipkin accepted them and does not have them/],
  ],
  ['an Envoy gave up on a report that Zipkin took', { front: { reports: lostReports } }, 0, []],
  [
    'an Envoy put spans in no report',
    { front: { sent: 16 }, found: storedOfFront(16) },
    4,
    [/^4 of front-proxy: it put them in no report/],
  ],
  [
    "an Envoy's counters cannot be read",
    { front: null, found: storedOfFront(12) },
    8,
    [/^8 of front-proxy: its counters cannot be read/],
  ],
  [
    'Zipkin could not store',
    { collector: { spansDropped: 2 }, found: storedOfFront(18) },
    2,
    [/^2 of front-proxy: Zipkin took them and could not store them/],
  ],
  [
    'Zipkin was restarted',
    { collector: { restarts: 1 }, found: storedOfFront(10) },
    10,
    [/^10 of front-proxy: Zipkin was restarted/],
  ],
  ['old traces were evicted', { found: { ...storedOfFront(18), evicted: { 'front-proxy': 2 } } }, 0, []],
  [
    'evicted, but the collector had not counted them',
    { found: { ...storedOfFront(18), evicted: { 'front-proxy': 2 } }, collector: { spans: 29 } },
    1,
    [/^1 of zipkin: evicted, it seems/],
  ],
  [
    'a request had no answer',
    { traffic: { requests: 11, unanswered: 1 }, front: { requests: 11, attempts: 11, traced: 11, sent: 22 } },
    2,
    [/^2 of front-proxy: they belong to requests without an answer/],
  ],
  [
    'nothing was to be traced',
    {
      traffic: { decision: 'deny', spansEach: {} },
      front: { sent: 0 },
      app: { recorded: 0, sent: 0, accepted: 0 },
      found: { stored: {} },
    },
    0,
    [],
  ],
  [
    'a half was traced',
    {
      front: { traced: 5, sent: 10 },
      app: { recorded: 5, sent: 5, accepted: 5 },
      found: { stored: { 'front-proxy': 10, 'service1-app': 5 } },
    },
    0,
    [],
  ],
  [
    "others' requests came through too",
    { front: { requests: 14, attempts: 14, traced: 14, sent: 28 }, app: { recorded: 14, sent: 14, accepted: 14 } },
    0,
    [],
  ],
];

for (const [title, change, missing, reasons] of cases) {
  test(title, () => {
    const ledger = joinLedger(input(change));
    const losses = ledger.rows.flatMap(({ reporter, losses }) =>
      losses.map(({ spans, reason }) => `${spans} of ${reporter}: ${reason}`),
    );
    assert.equal(ledger.total.missing, missing);
    assert.equal(losses.length, reasons.length, losses.join('\n'));
    for (const [i, reason] of reasons.entries()) assert.match(losses[i] ?? '', reason);
    for (const row of ledger.rows.filter(({ reporter }) => reporter !== 'zipkin')) {
      assert.ok(row.recorded >= row.sent && row.sent >= row.accepted, `${row.reporter} adds up`);
      assert.ok(row.accepted >= row.stored + row.evicted, `${row.reporter} stores no more than was accepted`);
    }
  });
}

test('what is odd without being a loss is noted', () => {
  const ledger = joinLedger(
    input({
      front: { requests: 12, traced: 12 },
      collector: { restarts: 2, silentSeconds: 8, messagesDropped: 1 },
      found: { unexpected: { 'service1-app': 3 } },
    }),
  );
  for (const note of [/^2 requests of others/, /3 of service1-app/, /restarted 2 times/, /for 8 s/, /refused them/]) {
    assert.ok(
      ledger.notes.some((each) => note.test(each)),
      `${note} in ${ledger.notes.join('; ')}`,
    );
  }
});
