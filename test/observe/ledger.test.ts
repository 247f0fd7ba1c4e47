import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CollectorAccount } from '../../sandbox/observe/collector.js';
import { drawLedger } from '../../sandbox/observe/draw-ledger.js';
import { joinLedger } from '../../sandbox/observe/ledger.js';
import type { LedgerInput, Traffic } from '../../sandbox/observe/ledger-row.js';
import type { EdgeCounters, ReporterCounters } from '../../sandbox/observe/reporter-counters.js';
import type { Snapshot } from '../../sandbox/observe/snapshot.js';
import type { StoredSpans } from '../../sandbox/observe/stored-traces.js';

/** Ten requests through an Envoy that makes two spans each and an app that makes one. */
const traffic: Traffic = {
  ...{ requests: 10, asExpected: 10, unanswered: 0, sampled: undefined },
  ...{ spansEach: { envoy: 2, app: 1 }, ownApps: [] },
};
const collector: CollectorAccount = {
  ...{ spans: 30, spansDropped: 0, messages: 2, messagesDropped: 0 },
  ...{ restarts: 0, silentSeconds: 1, spansSinceStart: 30 },
};
const found: StoredSpans = {
  ...{ stored: { envoy: 20, app: 10 }, evicted: {}, unexpected: {} },
  ...{ wholeTraces: 10, incompleteTraces: [] },
};

interface Change {
  /** What the Envoy counted, and how long it has run. null: it does not answer. */
  readonly envoy?: { readonly spans?: number; readonly uptime?: number; readonly [counter: string]: number } | null;
  readonly app?: { readonly spans?: number; readonly [counter: string]: number } | null;
  readonly edge?: Partial<EdgeCounters>;
  readonly traffic?: Partial<Traffic>;
  readonly collector?: Partial<CollectorAccount>;
  readonly found?: Partial<StoredSpans>;
}

/** A reporter that had counted `offset` of everything before the load. */
function reporter(offset: number, spans: number, uptimeSeconds: number, counters: Readonly<Record<string, number>>) {
  const all = Object.entries(counters).map(([name, count]) => [name, count + offset]);
  return { spans: spans + offset, underWay: 0, uptimeSeconds, counters: Object.fromEntries(all) } as ReporterCounters;
}

function input(change: Change): LedgerInput {
  const { spans: ofEnvoy = 20, uptime = 110, ...envoyLosses } = change.envoy ?? {};
  const { spans: ofApp = 10, ...appLosses } = change.app ?? {};
  const envoy = { reports_sent: 1, ...envoyLosses };
  const zero = (counters: object) => Object.fromEntries(Object.keys(counters).map((name) => [name, 0]));
  const before: Snapshot = {
    at: 0,
    reporters: { envoy: reporter(5, 0, 100, zero(envoy)), app: reporter(5, 0, 100, zero(appLosses)) },
    edge: { requests: 5, traced: 5 },
    collected: 0,
  };
  const after: Snapshot = {
    at: 10_000,
    reporters: {
      envoy: change.envoy === null ? undefined : reporter(5, ofEnvoy, uptime, envoy),
      app: change.app === null ? undefined : reporter(5, ofApp, uptime, appLosses),
    },
    edge: { requests: 15, traced: 15, ...change.edge },
    collected: 30,
  };
  return {
    traffic: { ...traffic, ...change.traffic },
    ...{ before, after },
    found: { ...found, ...change.found },
    collector: { ...collector, ...change.collector },
  };
}

const stored = (envoy: number, app = 10) => ({ stored: { envoy, app } });

const agreeing = ['envoy 20 20 20 0 0', 'app 10 10 10 0 0'];

/** What changes; then each row that is not as usual: expected, counted, stored, evicted, missing and the remarks. */
const cases: readonly [title: string, change: Change, ...rows: string[]][] = [
  ['all agree', {}],
  [
    'an Envoy that counted nothing, though its spans are there',
    { envoy: { spans: 0 } },
    'envoy 20 0 20 0 0 it counted 20 spans fewer than the requests should leave; Zipkin has 20 spans more than it counted',
  ],
  [
    'an app that recorded two spans fewer',
    { app: { spans: 8 }, found: stored(20, 8) },
    'app 10 8 8 0 2 it counted 2 spans fewer than the requests should leave; 2 are missing: no counter says why',
  ],
  [
    'reports dropped beyond the bound',
    { envoy: { reports_dropped: 2, upstream_rq_retry_overflow: 2 }, found: stored(15) },
    'envoy 20 20 15 0 5 5 are missing: 2 reports that were answered with an error, 2 reports that were dropped because too many waited for a retry',
  ],
  [
    'a report given up that Zipkin took',
    { envoy: { reports_failed: 1 } },
    'envoy 20 20 20 0 0 1 reports that got no answer, but no span is missing',
  ],
  [
    'reports of an app that failed',
    { app: { failed: 3 }, found: stored(20, 4) },
    'app 10 10 4 0 6 6 are missing: 3 failed',
  ],
  [
    'an Envoy that does not answer',
    { envoy: null, found: stored(12) },
    'envoy 20 ? 12 0 8 its counters cannot be read; 8 are missing: no counter says why',
  ],
  [
    "one of the user's own apps, which reports under its own name",
    { traffic: { spansEach: { envoy: 2 }, ownApps: ['app'] }, app: null, found: { stored: { envoy: 20, shop: 30 } } },
    'app ? ? 0 0 0 an app of your own: its counters are unknown',
    'shop ? ? 30 0 0 an app of your own: its counters are unknown',
  ],
  [
    'a service restarted',
    { envoy: { spans: 4, uptime: 3 }, app: { spans: 2 }, found: stored(18, 9) },
    'envoy 20 9 18 0 2 it restarted during the load, so its counters began again; 2 are missing: it restarted and lost the spans that it had not delivered',
    'app 10 7 9 0 1 it restarted during the load, so its counters began again; 1 are missing: it restarted and lost the spans that it had not delivered',
  ],
  [
    'Zipkin could not store',
    { collector: { spansDropped: 2 }, found: stored(18) },
    'envoy 20 20 18 0 2 2 are missing: Zipkin could not store 2 spans',
  ],
  [
    'Zipkin restarted',
    { collector: { restarts: 1 }, found: stored(10) },
    'envoy 20 20 10 0 10 10 are missing: Zipkin restarted and lost the spans in its memory',
  ],
  [
    'a request without an answer',
    { traffic: { requests: 11, unanswered: 1 }, edge: { requests: 16, traced: 16 }, envoy: { spans: 22 } },
    'envoy 20 22 20 0 2 2 are missing: 1 requests got no answer, so their trace ids are not known',
  ],
  [
    'half of the requests traced',
    { edge: { traced: 10 }, envoy: { spans: 10 }, app: { spans: 5 }, found: stored(10, 5) },
    'envoy ? 10 10 0 0',
    'app ? 5 5 0 0',
  ],
  [
    'requests of others too: no counter is compared',
    { edge: { requests: 19, traced: 19 }, envoy: { spans: 28 }, app: { spans: 14 } },
    'envoy 20 28 20 0 0',
    'app 10 14 10 0 0',
  ],
];

for (const [title, change, ...expectedRows] of cases) {
  test(title, () => {
    const { rows } = joinLedger(input(change));
    const lines = rows.map(
      ({ reporter: name, expected = '?', counted = '?', stored: held, evicted, missing, remarks }) =>
        `${name} ${expected} ${counted} ${held} ${evicted} ${missing} ${remarks.join('; ')}`.trim(),
    );
    assert.deepEqual(
      lines.filter((line) => !agreeing.includes(line)),
      expectedRows,
    );
  });
}

test('evicted spans that the collector never counted are missing', () => {
  const { total, notes } = joinLedger(
    input({ found: { ...stored(18), evicted: { envoy: 2 } }, collector: { spans: 29 } }),
  );
  assert.equal(total.missing, 1);
  assert.match(notes.join(), /^1 spans count as missing: they seem to be evicted/);
});

test('an oddity that is not a loss is a note', () => {
  const change: Change = {
    edge: { requests: 17 },
    collector: { restarts: 2, silentSeconds: 8, messagesDropped: 1 },
    found: { unexpected: { app: 3 } },
  };
  const notes = joinLedger(input(change)).notes.join('\n');
  for (const note of [/^2 requests of others/m, /3 of app$/m, /restarted 2 times/, /for 8 s/, /refused them/]) {
    assert.match(notes, note);
  }
});

test('a ledger is drawn with a line for each remark', () => {
  const ledger = joinLedger(input({ envoy: null, found: { ...stored(1015), incompleteTraces: ['a1'] } }));
  assert.deepEqual(drawLedger({ ...ledger, notes: ['odd'] }), [
    'spans  expected  counted  stored',
    'envoy        20        ?   1,015',
    'app          10       10      10',
    'envoy: its counters cannot be read',
    'not whole: trace a1',
    'note: odd',
  ]);
});
