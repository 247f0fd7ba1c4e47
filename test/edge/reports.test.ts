import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { freePorts } from '../../sandbox/topology/ports.js';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';
import { startEnvoyAlone } from './envoy-alone.js';

/** The sidecar alone, before a collector whose answers the test chooses. */
interface SidecarAlone {
  /** Posts a report as an app does. Gives the status that the app sees. */
  post(body: string, type?: string): Promise<number>;
  /** Sends a traced request, so that the sidecar has spans to report. */
  request(): Promise<unknown>;
  /** How to answer each body. Default: 202. */
  answer: (body: string) => number;
  /** The bodies so far, one for each attempt. */
  readonly came: string[];
  /** Opens the port of the collector. */
  open(): Promise<void>;
  /** @returns a counter of the sidecar */
  stat(name: string): Promise<number>;
}

async function sidecar(t: TestContext, change = (text: string) => text, zipkinHost = '127.0.0.1') {
  const [ingress = 0, admin = 0, egress = 0, reports = 0, app = 0, zipkin = 0] = await freePorts(6);
  const places: Record<string, number> = { 80: ingress, 8001: admin, 9000: egress, 9411: reports, 8080: app, 1: 1 };
  const collector = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    alone.came.push(body);
    response.writeHead(alone.answer(body)).end();
  });
  const resolve = ({ host, port }: { host: string; port: number }) => {
    if (host === 'zipkin') return { host: zipkinHost, port: zipkin };
    return { host: '127.0.0.1', port: places[port] ?? 0 };
  };
  const stop = await startEnvoyAlone('service-envoy-zipkin.yaml', change, resolve, admin);
  t.after(async () => {
    collector.close().closeAllConnections();
    await stop();
  });
  const alone: SidecarAlone = {
    async post(body, type = 'application/json') {
      const init = { method: 'POST', body, headers: { 'content-type': type }, keepalive: false };
      return (await fetch(`http://127.0.0.1:${reports}/api/v2/spans`, init)).status;
    },
    request: () => fetch(`http://127.0.0.1:${ingress}/trace/1`, { headers: { 'x-b3-sampled': '1' } }),
    answer: () => 202,
    came: [],
    async open() {
      collector.listen(zipkin, '127.0.0.1');
      await once(collector, 'listening');
    },
    async stat(name) {
      const text = await fetchText(`http://127.0.0.1:${admin}/stats?filter=${encodeURIComponent(`^${name}$`)}`);
      return Number(/: (\d+)/.exec(text)?.[1] ?? Number.NaN);
    },
  };
  return alone;
}

const reportsWaiting = async (alone: SidecarAlone) => {
  const retries = await alone.stat('cluster.zipkin.upstream_rq_retry');
  if (retries < 3) throw new Error(`${retries} retries`);
};
const retried = (alone: SidecarAlone) => waitFor('retries', () => reportsWaiting(alone), { seconds: 20, everyMs: 50 });

test('reports of the app and of the sidecar wait for a collector that is away from the start', async (t) => {
  const alone = await sidecar(t);
  const posted = alone.post('[1]');
  await alone.request();
  await retried(alone);
  await alone.open();
  assert.equal(await posted, 202);
  await waitFor('both reports', async () => assert.equal(alone.came.length, 2), { seconds: 20 });
  assert.ok(alone.came.includes('[1]'));
  assert.equal(await alone.stat('tracing.zipkin.reports_dropped'), 0);
});

test('reports also wait while the name of the collector has no address', async (t) => {
  const alone = await sidecar(t, undefined, 'zipkin.invalid');
  const posted = alone.post('[1]').catch(() => 0);
  await alone.request();
  await retried(alone);
  assert.equal(await alone.stat('tracing.zipkin.reports_dropped'), 0);
  void posted;
});

for (const status of [500, 503]) {
  test(`a report answered ${status} is sent again until it is taken, and then no more`, async (t) => {
    const alone = await sidecar(t);
    await alone.open();
    alone.answer = () => (alone.came.length < 3 ? status : 202);
    assert.equal(await alone.post('[1]'), 202);
    assert.deepEqual(alone.came, ['[1]', '[1]', '[1]']);
  });
}

test('a refused report is not sent again and is counted, and no other report is lost with it', async (t) => {
  const alone = await sidecar(t);
  await alone.open();
  alone.answer = (body) => (body === '[bad]' ? 400 : 202);
  assert.deepEqual(await Promise.all(['[bad]', '[1]', '[2]'].map((body) => alone.post(body))), [400, 202, 202]);
  assert.deepEqual(alone.came.toSorted(), ['[1]', '[2]', '[bad]']);
  alone.answer = () => 400;
  await alone.request();
  const counted = async () => assert.equal(await alone.stat('tracing.zipkin.reports_dropped'), 1);
  await waitFor('a dropped report', counted, { seconds: 10 });
  assert.equal(alone.came.length, 4);
});

test('a report that is no protobuf, although its header says so, is passed on as it is', async (t) => {
  const alone = await sidecar(t);
  await alone.open();
  for (const body of ['[1]', '\n', '\n\x7f\x12']) assert.equal(await alone.post(body, 'application/x-protobuf'), 202);
  assert.deepEqual(alone.came, ['[1]', '\n', '\n\x7f\x12']);
});

test('a report that is larger than the buffer of the listener is forwarded once, and not sent again', async (t) => {
  const alone = await sidecar(t);
  await alone.open();
  const large = `["${'x'.repeat(600_000)}"]`;
  assert.equal(await alone.post(large), 202);
  alone.answer = () => 503;
  assert.equal(await alone.post(large), 503);
  assert.deepEqual(alone.came, [large, large]);
});

test('beyond the limit of waiting reports, a report is dropped at once and counted', async (t) => {
  const alone = await sidecar(t, (text) => text.replace(/max_retries: \d+/, 'max_retries: 2'));
  const posted = ['[1]', '[2]', '[3]'].map((body) => alone.post(body));
  assert.equal(await Promise.any(posted.map(async (status) => assert.equal(await status, 503))), undefined);
  assert.equal(await alone.stat('cluster.zipkin.upstream_rq_retry_overflow'), 1);
  await alone.open();
  assert.deepEqual((await Promise.all(posted)).toSorted(), [202, 202, 503]);
});
