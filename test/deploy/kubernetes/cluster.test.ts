import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cache, root } from '../../../sandbox/cli/project.js';
import { applyManifests, namespace, waitUntilReady } from '../../../sandbox/cluster/cluster-sandbox.js';
import { buildImages } from '../../../sandbox/cluster/images.js';
import { renderOverlay } from '../../../sandbox/cluster/overlay.js';
import type { MeasuredLoad } from '../../../sandbox/load/measure.js';
import { waitFor } from '../../../sandbox/topology/wait.js';
import type { Span } from '../../../sandbox/trace/span.js';
import { exactTraces, firstExactTrace, sendMany, sendSteadily } from '../exact-traces.js';
import { command, down, frontUrl, kubectl, podIdsOf, podsOf, up, withZipkin } from '../on-cluster.js';

before(async () => {
  await down();
});
after(async () => {
  await down();
});

test('a Cassandra that is not ready is named', async () => {
  await applyManifests(
    kubectl,
    await renderOverlay(root, cache, 'cluster', process.env.KUBE_LOAD ? await buildImages(root) : {}),
  );
  const waiting = waitUntilReady(kubectl, 1, () => undefined);
  await assert.rejects(
    waiting,
    /^Error: not ready within 1 s: cassandra (is not ready: 0 of 1 pods are|has not been looked at yet)/,
  );
});

test('several of each come up, spans in Cassandra', async () => {
  await up('cluster', 500);
  const url = await frontUrl();
  await withZipkin((zipkin) => firstExactTrace(url, zipkin));
  const numbers = { 'front-envoy': 2, service1: 3, service2: 3, zipkin: 2, cassandra: 1 };
  for (const [name, pods] of Object.entries(numbers)) assert.equal((await podsOf(name)).length, pods, name);
});

/** The pods that a trace's spans name, of one service. */
const podsIn = (spans: readonly Span[], service: string): string[] =>
  spans.flatMap(({ localEndpoint, tags }) =>
    localEndpoint?.serviceName === service && tags?.node_id ? [tags.node_id] : [],
  );

test('300 requests, 32 in parallel: 300 exact traces, through every pod, each pod named in its spans', async () => {
  const traceIds = await sendMany(await frontUrl(), 300, 32);
  const traces = await withZipkin((zipkin) => exactTraces(zipkin, traceIds));
  for (const [service, workload] of [
    ['front-proxy', 'front-envoy'],
    ['service1', 'service1'],
    ['service1-app', 'service1'],
    ['service2', 'service2'],
    ['service2-app', 'service2'],
  ] as const) {
    const seen = new Set(traces.flatMap((spans) => podsIn(spans, service)));
    assert.deepEqual([...seen].sort(), (await podsOf(workload)).sort(), service);
  }
  for (const spans of traces) {
    for (const service of ['service1', 'service2']) {
      const [pod] = podsIn(spans, service);
      assert.deepEqual(new Set([...podsIn(spans, service), ...podsIn(spans, `${service}-app`)]), new Set([pod]));
    }
  }
});

test('npm run verify and npm run trace find the same, given the two addresses', async () => {
  const url = await frontUrl();
  await withZipkin(async (zipkin) => {
    const targets = ['--url', url, '--zipkin', zipkin.url];
    // What is asked here is who called whom; a machine that is too small for so many pods is slow.
    const verified = await command(['verify', '--count', '50', '--tolerance', '10000', ...targets]);
    assert.equal(verified.exitCode, 0, verified.stdout + verified.stderr);
    assert.match(verified.stdout, /50 traces of GET \/trace\/1: ✓ whole/);
    const drawn = await command(['trace', ...targets]);
    assert.equal(drawn.exitCode, 0, drawn.stdout + drawn.stderr);
    assert.match(drawn.stdout, /trace [0-9a-f]{32} · 11 spans/);
  });
});

test('npm run load accounts for every span, over all pods', async () => {
  const url = await frontUrl();
  await withZipkin(async (zipkin) => {
    const targets = ['--context', kubectl.context, '--url', url, '--zipkin', zipkin.url];
    const { exitCode, stdout, stderr } = await command([
      'load',
      '--count',
      '200',
      '--rate',
      '20',
      '--json',
      ...targets,
    ]);
    assert.equal(exitCode, 0, stdout + stderr);
    const { statuses, ledger } = JSON.parse(stdout) as MeasuredLoad;
    assert.deepEqual(statuses, { 200: 200 });
    const { recorded, accepted, stored, missing } = ledger.total;
    assert.deepEqual(
      { recorded, accepted, stored, missing },
      { recorded: 2200, accepted: 2200, stored: 2200, missing: 0 },
    );
  });
});

test('every Zipkin finds every trace', async () => {
  const [traceId = ''] = await sendMany(await frontUrl(), 1, 1);
  for (const pod of await podsOf('zipkin')) {
    await withZipkin((zipkin) => exactTraces(zipkin, [traceId]), `pod/${pod}`);
  }
});

test('everything is rolled out anew under load: no request fails, and every trace is exact', async (t) => {
  const ended = new AbortController();
  const load = sendSteadily(await frontUrl(), 8, ended.signal);
  const workloads = ['front-envoy', 'service1', 'service2', 'zipkin'];
  const old = (await Promise.all(workloads.map(podIdsOf))).flat();
  const rolled = ['deployment/front-envoy', 'deployment/service1', 'deployment/service2', 'statefulset/zipkin'];
  try {
    await kubectl.run(['rollout', 'restart', '--namespace', namespace, ...rolled]);
    await waitUntilReady(kubectl, 400, () => undefined);
    const gone = async () => {
      const now = (await Promise.all(workloads.map(podIdsOf))).flat();
      const left = old.filter((pod) => now.includes(pod));
      if (left.length > 0) throw new Error(`${left.length} are left`);
    };
    await waitFor('the old pods to be gone', gone, { seconds: 120, everyMs: 1000 });
  } finally {
    ended.abort();
  }
  const { traceIds, failures } = await load;
  t.diagnostic(`${traceIds.length} requests while ${old.length} pods were replaced`);
  assert.deepEqual(failures, []);
  await withZipkin((zipkin) => exactTraces(zipkin, traceIds));
});
