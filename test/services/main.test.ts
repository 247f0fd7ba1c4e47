import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Listening, listen } from '../listening.js';
import { until, untilPrinted, type Watched, watch } from '../watched.js';
import { send } from './running-app.js';

/** Starts the process of the app with exactly `env` and PATH. */
const runMain = (env: Record<string, string>): Watched =>
  watch(['node', 'dist/services/main.js'], { PATH: process.env.PATH, ...env });

/** Starts the process of the app on a free port and waits until it listens. */
async function startMain(t: TestContext, env: Record<string, string>): Promise<Watched & { readonly url: string }> {
  const app = runMain({ PORT: '0', ...env });
  t.after(() => app.process.kill('SIGKILL'));
  await untilPrinted(app, /listening on \S+,/);
  return { ...app, url: `http://${/listening on (\S+?),/.exec(app.printed())?.[1]}` };
}

/** A collector that keeps the names of the spans that it accepted. It answers 503 while `away`. */
async function collect(t: TestContext): Promise<Listening & { readonly names: string[]; away: boolean }> {
  const names: string[] = [];
  const state = { away: false };
  const server = await listen(t, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (!state.away) names.push(...JSON.parse(body).map(({ name }: { name: string }) => name));
    response.writeHead(state.away ? 503 : 202).end();
  });
  return Object.assign(state, server, { names });
}

/** A next hop whose answers wait until `release` is called. */
async function heldHop(t: TestContext) {
  const held: (() => void)[] = [];
  const server = await listen(t, (_request, response) => held.push(() => response.end()));
  return {
    url: server.url,
    came: () => held.length > 0,
    release: () => {
      for (const answer of held) answer();
    },
  };
}

/** service1 with a request whose call to the next hop is held. */
async function withRequestInFlight(t: TestContext, env: Record<string, string>) {
  const [collector, hop] = [await collect(t), await heldHop(t)];
  const urls = { ZIPKIN_URL: collector.url, NEXT_HOP_URL: `${hop.url}/trace/2` };
  const app = await startMain(t, { SERVICE_NAME: 'service1', ...urls, ...env });
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const answer = send(`${app.url}/trace/1`, { agent });
  answer.catch(() => undefined); // awaited later
  await until('the call to the next hop', hop.came);
  return { collector, hop, app, answer };
}

test('a wrong environment: code 2, and one line that names the variable', async () => {
  const { exitCode, stdout, stderr } = await runMain({ SERVICE_NAME: 'service1', PORT: 'eighty' }).process;
  assert.equal(exitCode, 2);
  assert.equal(stderr, 'wrong environment: PORT is "eighty": expected a whole number from 0 to 65535');
  assert.equal(stdout, '');
});

test('a port in use: code 1, and one line that names port and variable', async (t) => {
  const { port } = await listen(t, () => undefined);
  const { exitCode, stderr } = await runMain({ SERVICE_NAME: 'service1', PORT: `${port}` }).process;
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`^service1-app: cannot listen on 127.0.0.1:${port}: .*EADDRINUSE.*PORT$`));
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} while idle: the last spans are delivered, code 0, even with an open keep-alive connection`, async (t) => {
    const collector = await collect(t);
    const app = await startMain(t, { SERVICE_NAME: 'service2', ZIPKIN_URL: collector.url });
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    await send(`${app.url}/trace/2`, { agent });
    app.process.kill(signal);
    assert.equal((await app.process).exitCode, 0);
    assert.deepEqual(collector.names, ['get /trace/2']);
  });
}

/** Waits until the app accepts no new connection. */
async function untilRefused(url: string): Promise<void> {
  await until('that connections are refused', () =>
    send(`${url}/health`).then(
      () => false,
      () => true,
    ),
  );
}

test('SIGTERM with a request in flight: it is answered, its spans are delivered, and no new one is accepted', async (t) => {
  const long = { NEXT_HOP_TIMEOUT_MS: '600000', SHUTDOWN_TIMEOUT_MS: '600000' };
  const { collector, hop, app, answer } = await withRequestInFlight(t, long);
  app.process.kill('SIGTERM');
  await untilRefused(app.url);
  hop.release();
  assert.equal((await answer).status, 200);
  assert.equal((await app.process).exitCode, 0);
  assert.deepEqual(collector.names, ['get /trace/2', 'get /trace/1']);
});

test('SIGTERM while a request is arriving: it is answered, and its connection closed', async (t) => {
  const collector = await collect(t);
  const app = await startMain(t, { SERVICE_NAME: 'service2', ZIPKIN_URL: collector.url });
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.write('GET /trace/2 HTTP/1.1\r\nhost: h\r\n');
  assert.equal((await send(`${app.url}/health`)).status, 200);
  app.process.kill('SIGTERM');
  await untilRefused(app.url);
  socket.write('\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  assert.match(text, /^HTTP\/1.1 200 OK\r\nconnection: close/);
  assert.equal((await app.process).exitCode, 0);
  assert.deepEqual(collector.names, ['get /trace/2']);
});

test('SIGTERM with a request that does not end: it is cut off in time, and its spans say so', async (t) => {
  const { collector, app, answer } = await withRequestInFlight(t, { SHUTDOWN_TIMEOUT_MS: '1000' });
  app.process.kill('SIGTERM');
  assert.equal((await app.process).exitCode, 0);
  await assert.rejects(answer);
  assert.deepEqual(collector.names.toSorted(), ['get /trace/1', 'get /trace/2']);
});

test('SIGTERM while a report is under way: the app waits for its answer', async (t) => {
  const held = await heldHop(t);
  const app = await startMain(t, { SERVICE_NAME: 'service2', ZIPKIN_URL: held.url, SHUTDOWN_TIMEOUT_MS: '600000' });
  await send(`${app.url}/trace/2`);
  await until('the report', held.came);
  app.process.kill('SIGTERM');
  await untilRefused(app.url);
  assert.equal(app.process.exitCode, null);
  held.release();
  assert.equal((await app.process).exitCode, 0);
  assert.doesNotMatch(app.printed(), /lost/);
});

test('SIGTERM while no collector answers: code 0 at the time limit, and one line says so', async (t) => {
  const held = await heldHop(t);
  const app = await startMain(t, { SERVICE_NAME: 'service2', ZIPKIN_URL: held.url, SHUTDOWN_TIMEOUT_MS: '600' });
  await send(`${app.url}/trace/2`);
  app.process.kill('SIGTERM');
  assert.equal((await app.process).exitCode, 0);
  assert.match(app.printed(), /service2-app: 1 reports were not answered before shutdown; their spans may be lost\n$/);
});

test('a refused report is counted and logged once, without its spans', async (t) => {
  const collector = await collect(t);
  collector.away = true;
  const app = await startMain(t, { SERVICE_NAME: 'service2', ZIPKIN_URL: collector.url });
  const failed = async () => JSON.parse((await send(`${app.url}/reporter`)).body).failedReports;
  for (const count of [1, 2]) {
    await send(`${app.url}/trace/2`);
    await until(`${count} failed reports`, async () => (await failed()) === count);
  }
  assert.deepEqual(
    app
      .printed()
      .match(/a report to .*/g)
      ?.map((line) => line.replace(/to \S+/, 'to …')),
    ['a report to … failed (Unexpected response while sending Zipkin data, status:503); /reporter counts any more'],
  );
});

test('a second signal ends it at once with code 1', async (t) => {
  const { app, answer } = await withRequestInFlight(t, { SHUTDOWN_TIMEOUT_MS: '60000' });
  app.process.kill('SIGTERM');
  await untilRefused(app.url);
  app.process.kill('SIGTERM');
  assert.equal((await app.process).exitCode, 1);
  await assert.rejects(answer);
});

for (const [kilobytes, status] of [
  [50, 200],
  [70, 431],
] as const) {
  test(`headers of ${kilobytes} KB: ${status}; Envoy refuses more than 60`, async (t) => {
    const collector = await collect(t);
    const app = await startMain(t, { SERVICE_NAME: 'service2', ZIPKIN_URL: collector.url });
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    socket.write(`GET /health HTTP/1.1\r\nhost: h\r\nx: ${'a'.repeat(kilobytes * 1000)}\r\nconnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += chunk;
    assert.match(text, new RegExp(`^HTTP/1.1 ${status}`));
  });
}
