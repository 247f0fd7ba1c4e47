import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '../../../sandbox/topology/wait.js';
import type { Span } from '../../../sandbox/trace/span.js';
import { command } from '../../command.js';
import { exactTraces, firstExactTrace, sendMany, sendSteadily } from '../exact-traces.js';
import {
  down,
  downAtOnce,
  frontUrl,
  getObjects,
  kubectl,
  namespace,
  podNamesOf,
  podsOf,
  up,
  withZipkin,
} from '../on-cluster.js';
import { testPolicies } from './policies.js';

const rolledOut = () =>
  kubectl(['rollout', 'status', '--namespace', namespace, 'deployments,statefulsets', '--timeout', '5m']);

before(downAtOnce);
after(downAtOnce);

describe('the overlay local', () => {
  after(downAtOnce);

  test('the sandbox starts on an empty cluster, and its first trace is exact', async (t) => {
    const startedAt = Date.now();
    await up('local');
    const readyAt = Date.now();
    const url = await frontUrl();
    await withZipkin((zipkin) => firstExactTrace(url, zipkin));
    const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(1);
    t.diagnostic(
      `images, manifests, ready: ${seconds(readyAt - startedAt)} s; first exact trace ${seconds(Date.now() - readyAt)} s later`,
    );
    for (const name of ['front-envoy', 'service1', 'service2', 'zipkin']) {
      assert.equal((await podsOf(name)).length, 1, name);
    }
  });

  test('health checks are not traced', async () => {
    await withZipkin(async (zipkin) => {
      const names = (await zipkin.traces({ limit: 1000, lookback: 86_400_000 })).flat().map(({ name }) => name ?? '');
      assert.ok(names.length > 0);
      assert.deepEqual(
        names.filter((name) => !/\/trace\/[12]/.test(name)),
        [],
      );
    });
  });
});

/** The pods of one service that the spans of a trace name. */
const podsIn = (spans: readonly Span[], service: string): string[] =>
  spans.flatMap(({ localEndpoint, tags }) =>
    localEndpoint?.serviceName === service && tags?.node_id ? [tags.node_id] : [],
  );

describe('the overlay cluster', () => {
  test('several pods of each part start, with spans in Cassandra', async () => {
    await up('cluster');
    const numbers = { 'front-envoy': 2, service1: 3, service2: 3, zipkin: 2, cassandra: 1 };
    const asManyAsWanted = async () => {
      for (const [name, pods] of Object.entries(numbers)) assert.equal((await podsOf(name)).length, pods, name);
    };
    // The autoscaler raises the number of pods a little later.
    await waitFor('several of each', asManyAsWanted, { seconds: 60, everyMs: 500 });
    await rolledOut();
    const url = await frontUrl();
    await withZipkin((zipkin) => firstExactTrace(url, zipkin));
  });

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
      assert.deepEqual([...seen].sort(), (await podNamesOf(workload)).sort(), service);
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
      // This test is about who called whom. A machine that is too small for so many pods is slow.
      const verified = await command(['verify', '--count', '50', '--tolerance', '10000', ...targets]);
      assert.equal(verified.exitCode, 0, verified.stdout + verified.stderr);
      assert.match(verified.stdout, /50 traces of GET \/trace\/1: ✓ whole/);
      const drawn = await command(['trace', ...targets]);
      assert.equal(drawn.exitCode, 0, drawn.stdout + drawn.stderr);
      assert.match(drawn.stdout, /trace [0-9a-f]{32} · 11 spans/);
    });
  });

  test('every Zipkin finds every trace', async () => {
    const [traceId = ''] = await sendMany(await frontUrl(), 1, 1);
    for (const pod of await podNamesOf('zipkin')) {
      await withZipkin((zipkin) => exactTraces(zipkin, [traceId]), `pod/${pod}`);
    }
  });

  test('all pods are replaced under load: no request fails, and every trace is exact', async (t) => {
    const ended = new AbortController();
    const load = sendSteadily(await frontUrl(), 8, ended.signal);
    const workloads = ['front-envoy', 'service1', 'service2', 'zipkin'];
    // The ids tell a pod from a later one with the same name.
    const ids = async () => (await Promise.all(workloads.map(podsOf))).flat().map(({ metadata }) => metadata.uid);
    const old = await ids();
    const rolled = ['deployment/front-envoy', 'deployment/service1', 'deployment/service2', 'statefulset/zipkin'];
    try {
      await kubectl(['rollout', 'restart', '--namespace', namespace, ...rolled]);
      await rolledOut();
      const gone = async () => {
        const now = await ids();
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

  testPolicies();

  test('after the deletion nothing is left', async () => {
    await down();
    assert.deepEqual(await getObjects('namespaces', namespace), []);
    const left = await getObjects(
      'clusterroles,clusterrolebindings,persistentvolumes,storageclasses',
      '--selector',
      'app.kubernetes.io/part-of=envoy-zipkin-sandbox',
    );
    assert.deepEqual(left, []);
  });
});
