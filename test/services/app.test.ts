import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { InetAddress, model } from 'zipkin';
import { send, startApp } from './running-app.js';

const ipv4 = InetAddress.getLocalAddress().ipv4();
const app = await startApp({ after });

/** Runs `act` and gives the one span that it made. */
async function spanOf(act: () => Promise<unknown>) {
  const known = app.ended.length;
  await act();
  const span = (await app.spans(known + 1))[known];
  assert.ok(span);
  return span;
}

const SPANS: readonly [method: string, target: string, name: string, path: string, status: string][] = [
  ['GET', '/trace/1', 'get /trace/1', '/trace/1', '200'],
  ['GET', '/trace/1?token=secret&x=/y', 'get /trace/1', '/trace/1', '200'],
  ['OPTIONS', '/trace/1', 'options /trace/1', '/trace/1', '204'],
  ['POST', '/trace/1', 'post /trace/1', '/trace/1', '405'],
  ['GET', '/trace/1/', 'get not_found', '/trace/1/', '404'],
];

for (const [method, target, name, path, status] of SPANS) {
  test(`${method} ${target} → ${status}, one SERVER span "${name}"`, async () => {
    const span = await spanOf(async () => {
      const seen = await send(`${app.url}${target}`, { method });
      assert.equal(String(seen.status), status);
      if (status === '405' || status === '204') assert.equal(seen.headers.allow, 'GET, HEAD, OPTIONS');
    });
    assert.equal(span.kind, 'SERVER');
    assert.equal(span.name, name);
    assert.deepEqual(span.tags, {
      'http.path': path,
      'http.status_code': status,
      ...(status.startsWith('4') ? { error: status } : {}),
    });
    assert.match(span.traceId, /^[0-9a-f]{32}$/);
    assert.equal(span.parentId, undefined);
    assert.equal(span.shared, false);
    assert.deepEqual(span.localEndpoint, new model.Endpoint({ serviceName: 'service1-app', ipv4, port: 8080 }));
    assert.equal(span.remoteEndpoint, undefined);
  });
}

test('a 404 is plain text and contains no part of the request', async () => {
  const seen = await send(`${app.url}/%3Cscript%3Ealert(1)%3C/script%3E`, { headers: { 'x-evil': '<b>' } });
  assert.equal(seen.status, 404);
  assert.equal(seen.body, 'not found\n');
  assert.equal(seen.headers['content-type'], 'text/plain; charset=utf-8');
});

test('/health and /reporter are not traced', async () => {
  const known = app.ended.length;
  assert.equal((await send(`${app.url}/health`)).body, 'ok\n');
  assert.equal((await send(`${app.url}/health`, { method: 'HEAD' })).status, 200);
  const { service, endpoint, ...counters } = JSON.parse((await send(`${app.url}/reporter`)).body);
  assert.equal(service, 'service1-app');
  assert.equal(endpoint, 'http://zipkin:9411/api/v2/spans');
  assert.deepEqual(counters, { recorded: known, failedReports: 0 });
  await spanOf(() => send(`${app.url}/trace/1`));
  assert.equal(app.ended.length, known + 1);
});

test('a span in a pod has the name of the pod', async (t) => {
  const inPod = await startApp(t, { POD_NAME: 'service1-7d4b9c-x2x5z' });
  await send(`${inPod.url}/trace/1`);
  const [span] = await inPod.spans(1);
  assert.equal(span?.tags.node_id, 'service1-7d4b9c-x2x5z');
});

for (const host of ['a:abc', 'user:secret@x']) {
  test(`the Host header ${host} neither fails the request nor reaches its span`, async () => {
    const span = await spanOf(async () => {
      const seen = await send(`${app.url}/trace/1`, { headers: ['Host', host] });
      assert.equal(seen.status, 200);
    });
    assert.ok(!JSON.stringify(span).includes(host));
  });
}

for (const [target, status] of [
  ['//evil/trace/1', 404],
  ['http://evil/trace/1', 400],
  ['/trace/%', 404],
] as const) {
  test(`the request target ${target} is answered ${status}`, async () => {
    assert.equal((await send(app.url, { path: target })).status, status);
    assert.deepEqual(app.lines, []);
  });
}
