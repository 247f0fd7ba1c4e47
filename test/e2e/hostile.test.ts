import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { waitFor } from '../../sandbox/topology/wait.js';
import { type Http1Case, mark } from './hostile/case.js';
import { bodySizeCases, halfClosedCases, pipelineCases } from './hostile/connections.js';
import { counter } from './hostile/counter.js';
import { type Exchange, exchange, http1Statuses } from './hostile/exchange.js';
import { chunkCases, lengthCases, transferEncodingCases } from './hostile/framing.js';
import { type Http2Case, outcomeOf } from './hostile/h2-case.js';
import { readFrames } from './hostile/h2-frames.js';
import { compressionCases, floodCases, frameCases } from './hostile/h2-framing.js';
import { bodyCases, fieldCases, pseudoHeaderCases } from './hostile/h2-messages.js';
import { hostCases, meaningCases, nameCases, sizeCases, valueCases } from './hostile/headers.js';
import { otherProtocolCases } from './hostile/other-protocols.js';
import { methodCases, spacingCases, versionCases } from './hostile/request-lines.js';
import { formCases, pathCases } from './hostile/targets.js';
import { rawRequest } from './raw-request.js';
import { sandbox } from './requests.js';

/** No case here is slow, so that nothing waits for a time-out of the front. */
const limitMs = 15_000;

const http1Tables: Readonly<Record<string, readonly Http1Case[]>> = {
  methods: methodCases,
  versions: versionCases,
  'white space in the request line': spacingCases,
  paths: pathCases,
  'forms of the target': formCases,
  'sizes of the head': sizeCases,
  hosts: hostCases,
  'header names': nameCases,
  'header values': valueCases,
  'headers with a meaning': meaningCases,
  lengths: lengthCases,
  'transfer codings': transferEncodingCases,
  chunks: chunkCases,
  'sizes of the body': bodySizeCases,
  pipelines: pipelineCases,
  'half-closed connections': halfClosedCases,
  'other protocols': otherProtocolCases,
};

const http2Tables: Readonly<Record<string, readonly Http2Case[]>> = {
  frames: frameCases,
  compression: compressionCases,
  floods: floodCases,
  fields: fieldCases,
  'pseudo-headers': pseudoHeaderCases,
  bodies: bodyCases,
};

/** Runs 64 rows at a time, because after an error the front waits a second for the client to close; each is followed by a good request on a connection of its own. */
async function runAll<Row>(
  rows: readonly Row[],
  run: (row: Row) => Promise<Exchange>,
): Promise<Map<Row, Exchange & { next: number }>> {
  const results = new Map<Row, Exchange & { next: number }>();
  const waiting = [...rows];
  const worker = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      const result = await run(row);
      const { status } = await rawRequest(`${sandbox.frontUrl}/trace/2`, []);
      results.set(row, { ...result, next: status });
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  return results;
}

function check(result: (Exchange & { next: number }) | undefined): Exchange {
  assert.ok(result, 'the case was run');
  assert.ok(!result.received.toString('latin1').toLowerCase().includes(mark), 'nothing of the input in the answer');
  assert.equal(result.next, 200, 'the next good request is served');
  return result;
}

/** Requests to service2, as those count who send them, and as its sidecar and the sidecar's app cluster count them. */
async function countedRequests(): Promise<{ sent: number; received: number; passedOn: number }> {
  const [front, egress, received, passedOn] = await Promise.all([
    counter('front-envoy', 'cluster.service2.upstream_rq_total'),
    counter('service1', 'cluster.service2.upstream_rq_total'),
    counter('service2', 'http.ingress.downstream_rq_total'),
    counter('service2', 'cluster.app.upstream_rq_total'),
  ]);
  return { sent: front + egress, received, passedOn };
}

describe('HTTP/1', () => {
  let start = { sent: 0, received: 0, passedOn: 0 };
  before(async () => {
    start = await countedRequests();
  });

  for (const [title, rows] of Object.entries(http1Tables)) {
    describe(title, () => {
      let results = new Map<Http1Case, Exchange & { next: number }>();
      before(async () => {
        results = await runAll(rows, ({ chunks, halfClose = false }) =>
          exchange(sandbox.frontUrl, chunks, { limitMs, halfClose }),
        );
      });
      for (const row of rows) {
        test(`${row.name} → ${row.statuses.join(', ') || 'closed'}`, () => {
          const { received, closed } = check(results.get(row));
          assert.deepEqual(http1Statuses(received), row.statuses);
          assert.ok(closed, 'the front ends the connection');
        });
      }
    });
  }

  test('nothing was smuggled: service2 got as many requests as were sent to it', async () => {
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
  for (const [title, rows] of Object.entries(http2Tables)) {
    describe(title, () => {
      let results = new Map<Http2Case, Exchange & { next: number }>();
      before(async () => {
        const enough = (received: Buffer): boolean => outcomeOf(readFrames(received)) !== undefined;
        results = await runAll(rows, ({ chunks }) => exchange(sandbox.frontUrl, chunks, { limitMs, enough }));
      });
      for (const row of rows) {
        test(`${row.name} → ${row.outcome}`, () => {
          const { received, closed } = check(results.get(row));
          assert.equal(outcomeOf(readFrames(received)) ?? (closed ? 'closed' : 'still open'), row.outcome);
        });
      }
    });
  }
});
