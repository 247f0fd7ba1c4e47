import assert from 'node:assert/strict';
import { once } from 'node:events';
import { before, describe, test } from 'node:test';
import pMap from 'p-map';
import { waitFor } from '../../sandbox/topology/wait.js';
import { type Http1Case, mark } from './hostile/case.js';
import { counter } from './hostile/counter.js';
import { type Exchange, exchange, http1Statuses } from './hostile/exchange.js';
import { http1Tables } from './hostile/http1-cases.js';
import { withHttp2 } from './hostile/http2.js';
import { rawRequest } from './raw-request.js';
import { sandbox } from './requests.js';

/** No case here is slow, so nothing waits for a time-out of the front proxy. */
const limitMs = 15_000;

async function isNextServed(): Promise<void> {
  const { status } = await rawRequest(`${sandbox.frontUrl}/trace/2`, []);
  assert.equal(status, 200, 'the next good request is served');
}

/** Counts the requests to service2: as the senders, its sidecar, and the sidecar's app cluster count them. */
async function countedRequests(): Promise<{ sent: number; received: number; passedOn: number }> {
  const [front = 0, egress = 0, received = 0, passedOn = 0] = await Promise.all([
    counter('front-envoy', 'cluster.service2.upstream_rq_total'),
    counter('service1', 'cluster.service2.upstream_rq_total'),
    counter('service2', 'http.ingress.downstream_rq_total'),
    counter('service2', 'cluster.app.upstream_rq_total'),
  ]);
  return { sent: front + egress, received, passedOn };
}

describe('HTTP/1', () => {
  const results = new Map<Http1Case, Exchange>();
  let start = { sent: 0, received: 0, passedOn: 0 };
  before(async () => {
    start = await countedRequests();
    // Sends many at once, because after an error the front proxy waits a second for the client to close.
    const run = async (row: Http1Case) => {
      results.set(row, await exchange(sandbox.frontUrl, row.chunks, limitMs));
      await isNextServed();
    };
    await pMap(Object.values(http1Tables).flat(), run, { concurrency: 64 });
  });

  for (const [setting, rows] of Object.entries(http1Tables)) {
    describe(setting, () => {
      for (const row of rows) {
        test(`${row.name} → ${row.statuses.join(', ')}`, () => {
          const { received, closed } = results.get(row) ?? assert.fail('the case was run');
          assert.deepEqual(http1Statuses(received), row.statuses);
          assert.ok(!received.toString('latin1').toLowerCase().includes(mark), 'nothing of the input in the answer');
          assert.ok(closed, 'the front ends the connection');
        });
      }
    });
  }

  test('no request was smuggled: service2 got as many requests as were sent to it', async () => {
    const attempt = async (): Promise<void> => {
      const now = await countedRequests();
      const sent = now.sent - start.sent;
      assert.deepEqual(
        { received: now.received - start.received, passedOn: now.passedOn - start.passedOn },
        { received: sent, passedOn: sent },
      );
      assert.ok(sent > 0);
    };
    await waitFor('equal counters', attempt, { seconds: 10 });
  });
});

describe('HTTP/2', () => {
  test('the front proxy announces 100 streams and a window of 64 KiB', async () => {
    await withHttp2(async (session) => {
      const [settings] = await once(session, 'remoteSettings');
      assert.equal(settings.maxConcurrentStreams, 100);
      assert.equal(settings.initialWindowSize, 65_536);
    });
  });
});
