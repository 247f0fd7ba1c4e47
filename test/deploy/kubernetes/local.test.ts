import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { firstExactTrace } from '../exact-traces.js';
import { down, frontUrl, getObjects, namespace, podsOf, up, withZipkin } from '../on-cluster.js';

before(down);
after(down);

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
