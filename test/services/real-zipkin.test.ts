import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { model, TraceId } from 'zipkin';
import { SpanReporter } from '../../services/span-reporter.js';
import { type Running, run, startMain } from './app-process.js';
import { eventually } from './eventually.js';
import { send } from './running-app.js';

const jar = process.env.ZIPKIN_JAR;
const skip =
  jar === undefined && process.env.CI !== 'true' ? 'not run: ZIPKIN_JAR does not name a Zipkin server jar' : false;

const START_MS = 90_000;
let port = 0;
let zipkin: Running;
let service1: Running & { url: string };
let service2: Running & { url: string };
let requests = 0;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function startZipkin(): Promise<void> {
  const args = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-jar', jar ?? 'ZIPKIN_JAR is not set'];
  zipkin = run('java', args, { QUERY_PORT: String(port) });
  await eventually(
    'a healthy Zipkin',
    async () => {
      if (zipkin.child.exitCode !== null) throw new Error(`Zipkin ended: ${zipkin.stdout()}${zipkin.stderr()}`);
      return fetch(`http://127.0.0.1:${port}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    START_MS,
  );
}

/** The spans that Zipkin has of a trace, none when it has none. */
async function stored(traceId: string): Promise<{ id: string; kind: string; name: string }[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v2/trace/${traceId}`);
  return response.ok ? response.json() : [];
}

async function refused(): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).json();
  return (
    metrics['counter.zipkin_collector.messages_dropped.http'] + metrics['counter.zipkin_collector.spans_dropped.http']
  );
}

async function counters(app: { url: string }) {
  return JSON.parse((await send(`${app.url}/reporter`)).body);
}

/** Sends requests through service1, each in a trace of its own, and gives their trace ids; every answer must be 200. */
async function sendTraced(count: number): Promise<string[]> {
  const traceIds: string[] = [];
  for (let n = 0; n < count; n++) {
    const traceId = (++requests).toString(16).padStart(32, 'c');
    const headers = { 'X-B3-TraceId': traceId, 'X-B3-SpanId': traceId.slice(16), 'X-B3-Sampled': '1' };
    assert.equal((await send(`${service1.url}/trace/1`, { headers })).status, 200);
    traceIds.push(traceId);
  }
  return traceIds;
}

async function assertAllStored(traceIds: readonly string[]): Promise<void> {
  for (const traceId of traceIds) {
    const spans = await eventually(`the three spans of ${traceId}`, async () => {
      const seen = await stored(traceId);
      return seen.length >= 3 && seen;
    });
    assert.deepEqual(spans.map(({ kind }) => kind).toSorted(), ['CLIENT', 'SERVER', 'SERVER']);
  }
  for (const app of [service1, service2]) {
    const { recorded, accepted, dropped, buffered } = await eventually('settled counters', async () => {
      const seen = await counters(app);
      return seen.buffered === 0 && seen;
    });
    assert.deepEqual([accepted, dropped, buffered], [recorded, {}, 0]);
  }
}

async function away(app: { url: string }): Promise<boolean> {
  return (await counters(app)).collector === 'away';
}

before(
  async () => {
    if (skip !== false) return;
    port = await freePort();
    await startZipkin();
    const env = { ZIPKIN_URL: `http://127.0.0.1:${port}`, REPORTER_TIMEOUT_MS: '500' };
    service2 = await startMain({ SERVICE_NAME: 'service2', ...env });
    service1 = await startMain({ SERVICE_NAME: 'service1', NEXT_HOP_URL: `${service2.url}/trace/2`, ...env });
  },
  { timeout: START_MS },
);
after(async () => {
  for (const running of [service1, service2, zipkin]) running?.child.kill('SIGKILL');
});

test('a real Zipkin accepts and stores every span', { skip }, async () => {
  await assertAllStored(await sendTraced(20));
  assert.equal(await refused(), 0);
});

test('malformed B3 makes Zipkin refuse nothing', { skip }, async () => {
  const malformed = [
    'zzzz',
    'A'.repeat(36),
    '<script>',
    '0'.repeat(32),
    '',
    'AB',
    '463ac35c9f6413ad, 463ac35c9f6413ad',
  ];
  const good: string[] = [];
  for (const value of malformed) {
    for (const headers of [
      { 'X-B3-TraceId': value, 'X-B3-SpanId': 'a2fb4a1d1a96d312', 'X-B3-Sampled': '1' },
      { 'X-B3-TraceId': '463ac35c9f6413ad', 'X-B3-SpanId': value },
      { 'X-B3-TraceId': '463ac35c9f6413ad', 'X-B3-SpanId': 'a2fb4a1d1a96d312', 'X-B3-ParentSpanId': `x${value}` },
      { 'X-B3-TraceId': value },
      { b3: value },
    ]) {
      assert.equal((await send(`${service1.url}/trace/1`, { headers })).status, 200);
    }
    good.push(...(await sendTraced(1)));
  }
  await assertAllStored(good);
  assert.equal(await refused(), 0);
});

test('a bad span among good ones costs only itself', { skip }, async () => {
  const lines: string[] = [];
  const endpoint = new URL(`http://127.0.0.1:${port}/api/v2/spans`);
  const bounds = { intervalMs: 60_000, timeoutMs: 5000, maxSpans: 1000, maxBytes: 1_000_000, batchSpans: 100 };
  const reporter = new SpanReporter({ endpoint, ...bounds }, (line) => lines.push(line));
  const traceIds = Array.from({ length: 16 }, (_, n) => (n + 1).toString(16).padStart(32, 'd'));
  for (const traceId of [...traceIds.slice(0, 5), 'zzzz', ...traceIds.slice(5)]) {
    const span = new model.Span(new TraceId({ traceId, spanId: traceId.slice(-16) }));
    span.setTimestamp(Date.now() * 1000);
    reporter.logger.logSpan(span);
  }
  await reporter.flush(Date.now() + 10_000);
  const { accepted, dropped } = reporter.counters();
  assert.deepEqual([accepted, dropped], [16, { 'refused-400': 1 }]);
  for (const traceId of traceIds) assert.equal((await stored(traceId)).length, 1);
  assert.ok(lines.every((line) => !line.includes('zzzz')));
});

test('a stopped Zipkin holds up no request and loses no span', { skip }, async () => {
  zipkin.child.kill('SIGSTOP');
  const first = await sendTraced(20);
  await eventually('that Zipkin is away', () => away(service1));
  const second = await sendTraced(20);
  zipkin.child.kill('SIGCONT');
  await assertAllStored([...first, ...second]);
  assert.match(service1.stderr(), /takes no spans: no answer within 500 ms/);
});

test('a killed and restarted Zipkin gets every span of the time between', { skip }, async () => {
  zipkin.child.kill('SIGKILL');
  await zipkin.ended;
  const first = await sendTraced(20);
  await eventually('that Zipkin is away', () => away(service1));
  const second = await sendTraced(20);
  await startZipkin();
  await assertAllStored([...first, ...second]);
  assert.match(service1.stderr(), /takes spans again/);
});

test('SIGTERM delivers the spans of the last moment', { skip }, async () => {
  const traceIds = await sendTraced(5);
  service1.child.kill('SIGTERM');
  service2.child.kill('SIGTERM');
  assert.deepEqual(await Promise.all([service1.ended, service2.ended]), [0, 0]);
  for (const traceId of traceIds) assert.equal((await stored(traceId)).length, 3);
});
