import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '../../sandbox/topology/wait.js';
import { counter } from './hostile/counter.js';
import { type Exchange, exchange, http1Statuses } from './hostile/exchange.js';
import { stalledStatus, withHttp2 } from './hostile/http2.js';
import { slowCases } from './hostile/slow.js';
import { rawRequest } from './raw-request.js';
import { sandbox } from './requests.js';

/** max_active_downstream_connections of the front proxy. */
const mostConnections = 2500;

async function isServed(): Promise<void> {
  const { status } = await rawRequest(`${sandbox.frontUrl}/trace/2`, []);
  if (status !== 200) throw new Error(`status ${status}`);
}

/** Connections that do nothing. One that cannot be opened counts as closed. */
class LazyClients {
  readonly #sockets: Socket[] = [];
  closed = 0;

  async open(count: number, firstBytes = ''): Promise<void> {
    const { hostname, port } = new URL(sandbox.frontUrl);
    for (let opened = 0; opened < count; opened += 200) {
      const batch = Array.from({ length: Math.min(200, count - opened) }, () => {
        const socket = connect(Number(port), hostname);
        this.#sockets.push(socket);
        socket.on('error', () => undefined).resume();
        return new Promise<void>((resolve) => {
          socket.once('connect', () => socket.write(firstBytes, () => resolve()));
          socket.once('close', () => {
            this.closed += 1;
            resolve();
          });
        });
      });
      await Promise.all(batch);
    }
  }

  async allClosed(): Promise<void> {
    const attempt = async (): Promise<void> => {
      if (this.closed < this.#sockets.length) throw new Error(`${this.closed} of ${this.#sockets.length} are closed`);
    };
    await waitFor('connections that the front is to close', attempt, { seconds: 30, everyMs: 200 });
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

describe('slow clients, all at once, among 2,000 connections that send nothing', () => {
  const results = new Map<string, Promise<Exchange>>();
  const lazy = new LazyClients();
  const limitMs = 30_000;
  let stalled: Promise<number | undefined>;
  before(async () => {
    await lazy.open(2000);
    stalled = withHttp2(stalledStatus);
    for (const { name, chunks } of slowCases) {
      results.set(`${name}`, exchange(sandbox.frontUrl, chunks, limitMs));
    }
  });
  after(() => lazy.end());

  test('a correct request is served meanwhile', isServed);

  for (const { name, statuses } of slowCases) {
    test(`${name} → ${statuses.join(', ') || 'closed'}`, async () => {
      const { received, closed } = (await results.get(`${name}`)) ?? assert.fail('not run');
      assert.deepEqual(http1Statuses(received), statuses);
      assert.ok(closed, 'the front ends the connection');
    });
  }

  test('HTTP/2, a body that does not begin → 408', async () => {
    assert.equal(await stalled, 408);
  });

  test('the front proxy closes all 2,000', () => lazy.allClosed());
});

describe('more than the front proxy accepts', () => {
  const lazy = new LazyClients();
  after(() => lazy.end());

  test(`it never has more than ${mostConnections} connections, and closes those that do nothing`, async () => {
    await lazy.open(mostConnections + 200, 'G');
    assert.ok((await counter('front-envoy', 'http.edge.downstream_cx_active')) <= mostConnections);
    await lazy.allClosed();
    await isServed();
  });

  test('700 requests at once for a service that takes 2 s: each gets an answer or a refusal, then everything works', async () => {
    const delay = (percent: string) =>
      sandbox.ask('service2', 'admin', `/runtime_modify?fault.http.delay.fixed_delay_percent=${percent}`, 'POST');
    await delay('100');
    const requests = Array.from({ length: 700 }, () => rawRequest(`${sandbox.frontUrl}/trace/2`, []));
    const answers = await Promise.all(requests).finally(() => delay(''));
    const statuses = new Set(answers.map(({ status }) => status));
    assert.ok(statuses.has(200) && statuses.has(503), `statuses ${[...statuses]}`);
    for (const status of statuses) assert.ok([200, 503, 504].includes(status), `status ${status}`);
    await isServed();
  });

  test('100 requests at once for a service that fails: its caller retries only within its budget', async () => {
    const abort = (percent: string) =>
      sandbox.ask('service2', 'admin', `/runtime_modify?fault.http.abort.abort_percent=${percent}`, 'POST');
    const overflow = () => counter('service1', 'cluster.service2.upstream_rq_retry_overflow');
    const overflowBefore = await overflow();
    await abort('100');
    const requests = Array.from({ length: 100 }, () => rawRequest(`${sandbox.frontUrl}/trace/1`, []));
    const answers = await Promise.all(requests).finally(() => abort(''));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [502]);
    assert.ok((await overflow()) > overflowBefore, 'retries were refused');
    await isServed();
  });
});

test('after the bursts the front proxy returns memory to the machine', async () => {
  const attempt = async (): Promise<void> => {
    const { total_physical_bytes: held } = JSON.parse(await sandbox.ask('front-envoy', 'admin', '/memory'));
    if (Number(held) > 160 * 1024 * 1024) throw new Error(`${held} bytes held`);
  };
  await waitFor("the front's memory", attempt, { seconds: 40, everyMs: 1000 });
});
