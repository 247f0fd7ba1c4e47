import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { execa } from 'execa';
import pMap from 'p-map';
import { root } from '../../sandbox/cli/project.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import {
  casesAtRateZero,
  malformedCases,
  type PropagationCase,
  propagationCases,
  withOwnTraceId,
} from './propagation-cases.js';
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

/** Sends all rows first, so that there is only one wait for Zipkin, then checks each. */
function checkTable(title: string, rows: readonly PropagationCase[]): void {
  describe(title, () => {
    const own = rows.map((row) => withOwnTraceId(row, `a${randomBytes(8).toString('hex').slice(1)}`));
    let answers: RawAnswer[] = [];
    let atService2: HeaderRecord[] = [];
    let droppedBefore: Record<string, number> = {};

    before(async () => {
      droppedBefore = await dropped();
      answers = await pMap(own, (row) => rawRequest(`${sandbox.frontUrl}/trace/1`, row.headers), { concurrency: 8 });
      await waitFor(
        "service2's header log",
        async () => {
          const records = await headersSeenBy('service2');
          const seen = new Set(records.map(({ requestId }) => requestId));
          const missing = answers.filter(({ headers }) => !seen.has(headers['x-request-id'] ?? '')).length;
          if (missing > 0) throw new Error(`${missing} requests are not in it`);
          atService2 = records.filter(({ direction }) => direction === 'in');
        },
        { seconds: 15, everyMs: 500 },
      );
    });

    for (const [index, row] of own.entries()) {
      test(`${row.name} → ${row.expect.trace} (${row.source})`, async () => {
        const { status, headers } = answers[index] ?? { status: 0, headers: {} as Record<string, string> };
        const { expect } = row;
        const traceId = headers['x-b3-traceid'] ?? '';
        const requestId = headers['x-request-id'] ?? '';
        assert.equal(status, 200);
        assert.match(requestId, uuid);
        const arrived = atService2.filter(
          (each) => each.requestId === requestId && each.headers['x-b3-traceid'] === traceId,
        );
        assert.equal(arrived.length, 1, 'the same trace and request id in the answer and at service2-app');
        const at = arrived[0]?.headers ?? {};
        const given = row.headers.map(([, value]) => value.trim().toLowerCase());
        const givenRequestId = row.headers.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1];
        if (expect.traceId) assert.equal(traceId, expect.traceId);
        else assert.ok(!given.some((value) => value.includes(traceId)), 'a new trace id');
        assert.equal(requestId === givenRequestId, expect.requestIdKept ?? false);
        assert.equal(at['x-b3-sampled'], expect.decisionAtService2);
        assert.equal(at.b3, undefined);
        for (const [name, value] of Object.entries(expect.atService2 ?? {}))
          assert.equal(at[name] ?? null, value, name);
        if (expect.malformed) {
          for (const value of given.filter(({ length }) => length > 7)) {
            assert.ok(!Object.values(at).some((each) => each.includes(value)), `nothing of '${value}' at service2-app`);
          }
        }
        const spans = await spansOf(traceId, expect.spans);
        assert.equal(spans.length, expect.spans);
        const ids = new Set(spans.map(({ id }) => id));
        const roots = spans.filter(({ parentId }) => !parentId || !ids.has(parentId));
        assert.equal(roots.length, expect.spans === 0 ? 0 : 1, 'one root');
        if (expect.spanId) assert.equal(roots[0]?.id, expect.spanId);
        assert.equal(roots[0]?.parentId, expect.parentId);
      });
    }

    test('Zipkin dropped no message and no span', async () => {
      assert.deepEqual(await dropped(), droppedBefore);
    });
  });
}

before(async () => {
  await sandbox.ask('service2', 'app', '/header-log/on', 'POST');
});
after(async () => {
  await sandbox.ask('service2', 'app', '/header-log/off', 'POST');
});

checkTable('what a caller may bring', propagationCases);

describe('at a sampling rate of 0 %', () => {
  before(() => setSampling(0));
  after(() => setSampling(100));
  checkTable('what a caller may bring', casesAtRateZero);
});

test('200 correct requests among 200 malformed ones: each correct one has its eleven spans', async () => {
  const before = await dropped();
  const requests = Array.from({ length: 400 }, (_, index) =>
    index % 2 === 0 ? [] : (malformedCases[(index >> 1) % malformedCases.length]?.headers ?? []),
  );
  const answers = await pMap(requests, (lines) => rawRequest(`${sandbox.frontUrl}/trace/1`, lines), {
    concurrency: 16,
  });
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  for (const [index, { headers }] of answers.entries()) {
    if (index % 2 !== 0) continue;
    const traceId = headers['x-b3-traceid'] ?? '';
    assert.equal((await spansOf(traceId, 11)).length, 11);
  }
  assert.deepEqual(await dropped(), before);
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
