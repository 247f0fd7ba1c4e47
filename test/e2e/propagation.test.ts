import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { execa } from 'execa';
import pMap from 'p-map';
import { root } from '../../sandbox/cli/project.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { type PropagationCase, withOwnTraceId } from './propagation-case.js';
import { casesAtRateZero, malformedCases, propagationTables } from './propagation-cases.js';
import { type RawAnswer, rawRequest } from './raw-request.js';
import { sandbox, spansOf, zipkin } from './requests.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface HeaderRecord {
  readonly at: string;
  readonly direction: 'in' | 'out';
  readonly requestId: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

async function headersSeenBy(service: string): Promise<HeaderRecord[]> {
  const log = await sandbox.log(service);
  return log
    .split('\n')
    .filter((line) => line.startsWith('{"at"'))
    .map((line) => JSON.parse(line) as HeaderRecord);
}

async function dropped(): Promise<Record<string, number>> {
  const metrics = await zipkin.metrics();
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => name.includes('dropped')));
}

const setSampling = async (percent: number) => {
  await fetch(`${sandbox.adminUrl}/runtime_modify?tracing.random_sampling=${percent}`, { method: 'POST' });
};

/** Sends all rows first, so that waiting for Zipkin is done once, then looks at each. */
function checkTables(tables: Readonly<Record<string, readonly PropagationCase[]>>): void {
  let atService2: HeaderRecord[] = [];
  const answers = new Map<PropagationCase, RawAnswer>();
  const own = Object.entries(tables).map(([rule, rows]) => ({ rule, rows: rows.map(withOwnTraceId) }));

  before(async () => {
    await pMap(
      own.flatMap(({ rows }) => rows),
      async (row) => answers.set(row, await rawRequest(`${sandbox.frontUrl}/trace/1`, row.headers)),
      { concurrency: 8 },
    );
    await waitFor(
      "service2's header log",
      async () => {
        const records = await headersSeenBy('service2');
        const seen = new Set(records.map(({ requestId }) => requestId));
        const missing = [...answers.values()].filter(({ headers }) => !seen.has(headers['x-request-id'] ?? '')).length;
        if (missing > 0) throw new Error(`${missing} requests are not in it`);
        atService2 = records.filter(({ direction }) => direction === 'in');
      },
      { seconds: 15, everyMs: 500 },
    );
  });

  for (const { rule, rows } of own) {
    describe(rule, () => {
      for (const row of rows) {
        test(`${row.name} → ${row.expect.trace}`, async () => {
          const { status, headers } = answers.get(row) ?? assert.fail('it was sent');
          const { trace, traceId, spanId, parentId, requestIdKept = false, atService2: more = {} } = row.expect;
          const answered = headers['x-b3-traceid'] ?? '';
          const requestId = headers['x-request-id'] ?? '';
          assert.equal(status, 200);
          assert.match(requestId, uuid);
          const arrived = atService2.filter(
            (each) => each.requestId === requestId && each.headers['x-b3-traceid'] === answered,
          );
          assert.equal(arrived.length, 1, 'the same trace and request id in the answer and at service2-app');
          const at = arrived[0]?.headers ?? {};
          const given = row.headers.map(([, value]) => value.trim().toLowerCase());
          if (traceId) assert.equal(answered, traceId);
          else assert.ok(!given.some((value) => value.includes(answered)), 'a new trace id');
          assert.equal(
            row.headers.some(([, value]) => value === requestId),
            requestIdKept,
          );
          assert.equal(at['x-b3-sampled'], trace === 'denied' ? '0' : '1');
          assert.equal(at.b3, undefined);
          for (const [name, value] of Object.entries(more)) assert.equal(at[name] ?? null, value, name);
          if (trace === 'dropped') {
            for (const value of given.filter(({ length }) => length > 7)) {
              assert.ok(!Object.values(at).some((each) => each.includes(value)), `nothing of '${value}'`);
            }
          }
          const count = trace === 'denied' ? 0 : 11;
          const spans = await spansOf(answered, count);
          const known = new Set(spans.map(({ id }) => id));
          const roots = spans.filter(({ parentId }) => !parentId || !known.has(parentId));
          assert.deepEqual([spans.length, roots.length], [count, count && 1]);
          if (spanId) assert.equal(roots[0]?.id, spanId);
          assert.equal(roots[0]?.parentId, parentId);
        });
      }
    });
  }
}

before(async () => {
  await sandbox.ask('service2', 'app', '/header-log/on', 'POST');
});
after(async () => {
  await sandbox.ask('service2', 'app', '/header-log/off', 'POST');
});

describe('what a caller may bring', () => {
  let droppedBefore: Record<string, number> = {};
  before(async () => {
    droppedBefore = await dropped();
  });
  checkTables(propagationTables);
  test('Zipkin dropped no message and no span', async () => assert.deepEqual(await dropped(), droppedBefore));
});

describe('at a sampling rate of 0 %', () => {
  before(() => setSampling(0));
  after(() => setSampling(100));
  checkTables({ "a caller's decision counts": casesAtRateZero });
});

/** Sends one request for each list of header lines from inside a service; runs as `node -e` in its container. */
const sendAll = `
const { host, path, lists } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const [hostname, port] = host.split(':');
const send = (lines) => new Promise((resolve) => {
  const socket = require('net').connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (data) => { answer += data; });
  socket.on('close', () => resolve(answer.split(' ')[1]));
  const headers = lines.map(([name, value]) => name + ': ' + value + '\\r\\n').join('');
  socket.write('GET ' + path + ' HTTP/1.1\\r\\nhost: sandbox\\r\\nconnection: close\\r\\n' + headers + '\\r\\n');
});
(async () => {
  const statuses = [];
  for (const lines of lists) statuses.push(await send(lines));
  console.log(JSON.stringify([...new Set(statuses)]));
})();
`;

for (const service of ['service1', 'service2'] as const) {
  for (const part of ['ingress', 'app'] as const) {
    test(`bad headers straight to ${service}'s ${part}: the answer is as usual, and nothing malformed is reported`, async () => {
      const before = await dropped();
      const accepted = async () => (await zipkin.metrics())['counter.zipkin_collector.spans.http'] ?? 0;
      const acceptedBefore = await accepted();
      const [file = 'node', ...args] = [...sandbox.inside(service), 'node', '-e', sendAll];
      const path = service === 'service1' ? '/trace/1' : '/trace/2';
      const lists = malformedCases.map(({ headers }) => headers);
      const { stdout } = await execa(file, args, {
        cwd: root,
        input: JSON.stringify({ host: sandbox.address(service, part), path, lists }),
      });
      assert.deepEqual(JSON.parse(stdout), ['200']);
      const attempt = async () => {
        const spans = (await accepted()) - acceptedBefore;
        if (spans < lists.length) throw new Error(`${spans} spans of ${lists.length} requests`);
      };
      await waitFor('the spans of those requests', attempt, { seconds: 15 });
      assert.deepEqual(await dropped(), before);
    });
  }
}
