import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { after, before, describe, type TestContext, test } from 'node:test';
import { ZipkinClient, ZipkinError } from '../../sandbox/observe/zipkin-client.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { listen } from '../listening.js';
import { type RunningZipkin, startZipkin } from './running-zipkin.js';

describe('with a real Zipkin', () => {
  let running: RunningZipkin;
  let zipkin: ZipkinClient;
  const now = Date.now();

  const span = (traceId: string, id: string, serviceName: string, more: object = {}) => ({
    traceId: traceId.padStart(16, '0'),
    id: id.padStart(16, '0'),
    name: 'get /trace/1',
    timestamp: (now - 1000) * 1000,
    duration: 500,
    localEndpoint: { serviceName },
    ...more,
  });
  const oneTrace = [
    span('a', '1', 'front-proxy', { kind: 'CLIENT' }),
    span('a', '1', 'service1', { kind: 'SERVER', shared: true, tags: { error: '503' } }),
  ];
  const otherTrace = [span('b', '2', 'service2', { name: 'get /trace/2' })];

  before(async () => {
    running = await startZipkin();
    zipkin = new ZipkinClient(running.url);
    const body = JSON.stringify([...oneTrace, ...otherTrace]);
    assert.equal((await fetch(`${running.url}/api/v2/spans`, { method: 'POST', body })).status, 202);
    await waitFor('both traces', async () => assert.equal((await zipkin.traceMany(['a', 'b'])).length, 2), {
      seconds: 10,
    });
  });
  after(() => running.stop());

  test('a trace that is not stored has no spans', async () => assert.deepEqual(await zipkin.trace('c'), []));

  test('a malformed id is an error with its status', async () => {
    await assert.rejects(
      zipkin.trace('not/an id'),
      (error) => error instanceof ZipkinError && error.status === 400 && /answered 400: /.test(error.message),
    );
  });

  test('many traces at once: it gives those that are stored', async () => {
    const sizes = async (...ids: string[]) => (await zipkin.traceMany(ids)).map((spans) => spans.length).sort();
    assert.deepEqual(await sizes('a', 'c', 'b'), [1, 2]);
    assert.deepEqual(await sizes('a'), [2], 'Zipkin refuses a list of one');
    assert.deepEqual([await sizes('c'), await sizes()], [[], []]);
  });

  const queries: readonly (readonly [what: string, query: Parameters<ZipkinClient['traces']>[0], found: number])[] = [
    ['a service', { serviceName: 'service1' }, 1],
    ['errors', { annotationQuery: 'error' }, 1],
    ['a time when there was none', { endTs: now - 60_000, lookback: 1000 }, 0],
  ];
  for (const [what, query, found] of queries) {
    test(`a search for ${what}: ${found}`, async () => assert.equal((await zipkin.traces(query)).length, found));
  }

  test("the collector's counters", async () => {
    const metrics = await zipkin.metrics();
    assert.equal(metrics['counter.zipkin_collector.spans.http'], 3);
    assert.equal(metrics['counter.zipkin_collector.spans_dropped.http'], 0);
  });
});

const clientOf = async (t: TestContext, answer: RequestListener) => new ZipkinClient((await listen(t, answer)).url);

const failures: readonly (readonly [what: string, answer: RequestListener, status: number, says: RegExp])[] = [
  [
    'an error',
    (_, response) => response.writeHead(500).end('storage is gone'),
    500,
    /^Zipkin: http:\/\/127.0.0.1:\d+\/api\/v2\/services answered 500: storage is gone$/,
  ],
  [
    'another server',
    (_, response) => response.end('<!doctype html>\n'),
    200,
    /answered "<!doctype html>", which is not JSON; give the address of a Zipkin$/,
  ],
  [
    'a connection that breaks in the middle',
    (_, response) => response.writeHead(200, { 'content-length': 100 }).write('[', () => response.destroy()),
    0,
    /services: .*; start Zipkin, or give its address with --zipkin$/,
  ],
];

for (const [what, answer, status, says] of failures) {
  test(`${what} is a ZipkinError with status ${status}`, async (t) => {
    const client = await clientOf(t, answer);
    await assert.rejects(client.services(), (error) => {
      assert.ok(error instanceof ZipkinError);
      assert.equal(error.status, status);
      assert.match(error.message, says);
      return true;
    });
  });
}

test('if nothing listens, the error has the address, the cause, and what to do', async () => {
  const [port] = await freePorts(1);
  await assert.rejects(new ZipkinClient(`http://127.0.0.1:${port}`).services(), {
    message: `Zipkin: http://127.0.0.1:${port}/api/v2/services: connect ECONNREFUSED 127.0.0.1:${port}; start Zipkin, or give its address with --zipkin`,
    status: 0,
  });
});

test("a port that takes Zipkin's spans and has no query API, such as Jaeger's", async (t) => {
  const client = await clientOf(t, (_, response) => response.writeHead(404).end('404 page not found'));
  await assert.rejects(client.trace('a'), /answers 404 to Zipkin's query API, as the ports of Jaeger/);
});
