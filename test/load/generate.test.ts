import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answered, generateLoad } from '../../sandbox/load/generate.js';
import type { LoadPlan } from '../../sandbox/load/load-plan.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { listen } from '../listening.js';

const plan = (frontUrl: string, change: Partial<LoadPlan>): LoadPlan => ({
  frontUrl,
  path: '/trace/1',
  headers: {},
  concurrency: 4,
  rate: undefined,
  seconds: 20,
  count: 1_000_000,
  ...change,
});

async function generate(load: LoadPlan, signal = new AbortController().signal) {
  const answers: Answered[] = [];
  const generated = await generateLoad(load, (answer) => answers.push(answer), signal);
  return { ...generated, answers };
}

test('sends exactly the given number, with its headers, and pairs each answer with its trace id', async (t) => {
  let asked = 0;
  const { url } = await listen(t, (request, response) => {
    asked += 1;
    const status = request.headers['x-wanted'] === 'yes' && request.url === '/trace/1' ? 200 : 400;
    response.writeHead(asked % 10 === 0 ? 503 : status, { 'X-B3-TraceId': String(asked) }).end(String(asked));
  });
  const { requests, answered, failures, answers } = await generate(
    plan(url, { count: 101, headers: { 'x-wanted': 'yes' } }),
  );
  assert.deepEqual([asked, requests, answered, failures], [101, 101, 101, {}]);
  assert.equal(new Set(answers.map(({ traceId }) => traceId)).size, 101);
  for (const { traceId, status } of answers) assert.equal(status, Number(traceId) % 10 === 0 ? 503 : 200);
});

test('when the time is over, requests in flight are still answered', async (t) => {
  let asked = 0;
  const { url } = await listen(t, async (_request, response) => {
    asked += 1;
    await delay(50);
    response.end('ok');
  });
  const { requests, answered, failures } = await generate(plan(url, { seconds: 1 }));
  assert.deepEqual([requests, answered, failures], [asked, asked, {}]);
});

test('a rate is kept, and spread over the second', async (t) => {
  const times: number[] = [];
  const { url } = await listen(t, (_request, response) => {
    times.push(performance.now());
    response.end('ok');
  });
  const { requests } = await generate(plan(url, { rate: 40, count: 80, concurrency: 8 }));
  assert.equal(requests, 80);
  const first = times[0] ?? 0;
  const buckets = new Set(times.filter((time) => time < first + 1000).map((time) => Math.floor((time - first) / 125)));
  assert.ok(buckets.size > 1, `the first second's requests came in ${buckets.size} of its eighths`);
});

test('a request that is stopped early ends the load early', async (t) => {
  const { url } = await listen(t, (_request, response) => response.end('ok'));
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 300);
  const { requests, answered } = await generate(plan(url, {}), controller.signal);
  assert.equal(requests, answered);
});

test('a missing server gets a few requests a second, not thousands, and each is counted', async () => {
  const [port] = await freePorts(1);
  const { answered, failures } = await generate(plan(`http://127.0.0.1:${port}`, { seconds: 1, concurrency: 1 }));
  assert.equal(answered, 0);
  const refused = failures.ECONNREFUSED ?? 0;
  assert.ok(refused >= 1 && refused <= 20, `${refused} times`);
});

test('a connection that breaks before the answer counts as a failure, and the load goes on', async (t) => {
  let asked = 0;
  const { url } = await listen(t, (request, response) => {
    asked += 1;
    if (asked === 5) request.socket.destroy();
    else response.end('ok');
  });
  const { requests, answered } = await generate(plan(url, { count: 20, concurrency: 1 }));
  assert.deepEqual([requests, answered], [20, 19]);
});
