import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cache, root } from '../../../sandbox/cli/project.js';
import { applyManifests, namespace, waitUntilReady } from '../../../sandbox/cluster/cluster-sandbox.js';
import { kustomize } from '../../../sandbox/cluster/kubectl.js';
import { renderOverlay } from '../../../sandbox/cluster/overlay.js';
import { firstExactTrace } from '../exact-traces.js';
import { command, down, frontUrl, kubectl, podsOf, up, withZipkin } from '../on-cluster.js';

const { context } = kubectl;
let elsewhere: string;

before(async () => {
  await down();
  elsewhere = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  const nowhere = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'nowhere',
    contexts: [{ name: 'nowhere', context: { cluster: 'nowhere', user: 'nowhere' } }],
    clusters: [{ name: 'nowhere', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'nowhere', user: { token: 'none' } }],
  };
  await writeFile(join(elsewhere, 'config'), JSON.stringify(nowhere));
});
after(async () => {
  await down();
  await rm(elsewhere, { recursive: true });
});

const wrong: readonly (readonly [what: string, args: readonly string[], code: number, says: RegExp])[] = [
  ['no context named', ['up'], 2, /^sandbox: name the cluster with --context; the kubeconfig has: nowhere$/],
  [
    'an unknown context',
    ['up', '--context', 'x'],
    3,
    /^sandbox: the kubeconfig has no context 'x'; there are: nowhere$/,
  ],
  [
    'no cluster',
    ['up', '--context', 'nowhere'],
    3,
    /^sandbox: no cluster answers in context 'nowhere' \(.*refused.*\); start it/,
  ],
  [
    'no cluster to take it from',
    ['down', '--context', 'nowhere'],
    3,
    /^sandbox: no cluster answers in context 'nowhere'/,
  ],
];

for (const [what, args, code, says] of wrong) {
  test(`${what}: one line, and nothing is applied`, async () => {
    const { exitCode, stderr } = await command(['cluster', ...args], { KUBECONFIG: join(elsewhere, 'config') });
    assert.equal(exitCode, code);
    assert.match(stderr.split('\n')[0] ?? '', says);
    assert.equal(stderr.split('\n').filter((line) => !line.startsWith('usage: ')).length, 1);
  });
}

test("somebody else's namespace of that name is not touched", async () => {
  await kubectl.run(['create', 'namespace', namespace]);
  try {
    for (const action of ['up', 'down']) {
      const { exitCode, stderr } = await command(['cluster', action, '--context', context]);
      assert.equal(exitCode, 3);
      assert.match(
        stderr,
        /^sandbox: context '.*' has a namespace envoymesh that is not this sandbox's .* nothing was changed$/m,
      );
    }
    assert.deepEqual(await kubectl.get('deployments', '--namespace', namespace), []);
  } finally {
    await kubectl.run(['delete', 'namespace', namespace]);
  }
});

test('the API server checks every field against its schema', async () => {
  const manifest = await readFile(join(root, 'deploy/kubernetes/base/namespace.yaml'), 'utf8');
  await assert.rejects(applyManifests(kubectl, manifest.replace('metadata:', 'metadatum: {}\nmetadata:')), /metadatum/);
  assert.deepEqual(await kubectl.get('namespaces', namespace), []);
});

test('a quota that is used up is named', async () => {
  const namespaceOnly = (await kustomize(join(root, 'deploy/kubernetes/overlays/local'))).split('---\n')[0] ?? '';
  await kubectl.run(['apply', '--server-side', '--filename', '-'], namespaceOnly);
  await kubectl.run(['create', 'quota', 'small', '--hard=pods=1', '--namespace', namespace]);
  await applyManifests(kubectl, await renderOverlay(root, cache, 'local'));
  const waiting = waitUntilReady(kubectl, 60, () => undefined);
  await assert.rejects(
    waiting,
    /^Error: the namespace's quota is used up \(exceeded quota: small, .*pods=1\); raise it/,
  );
  await kubectl.run(['delete', 'quota', 'small', '--namespace', namespace]);
});

test('an image that the cluster does not have is named, and after a change only that of the new pods', async () => {
  const images = ['envoymesh/front-envoy', 'envoymesh/service', 'openzipkin/zipkin-slim'];
  for (const tag of ['absent', 'absent-too']) {
    const absent = Object.fromEntries(images.map((image) => [image, tag]));
    await applyManifests(kubectl, await renderOverlay(root, cache, 'local', absent));
    const waiting = waitUntilReady(kubectl, 120, () => undefined);
    await assert.rejects(
      waiting,
      new RegExp(String.raw`^Error: the cluster does not have the image \S+:${tag} of pod \S+ \(\w+\); hand it over`),
    );
  }
});

test('from nothing to the first exact trace', async (t) => {
  await down();
  const startedAt = Date.now();
  await up('local', 300);
  const readyAt = Date.now();
  const url = await frontUrl();
  await withZipkin((zipkin) => firstExactTrace(url, zipkin));
  const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(1);
  t.diagnostic(
    `images, manifests, ready: ${seconds(readyAt - startedAt)} s; first exact trace ${seconds(Date.now() - readyAt)} s later`,
  );
  for (const name of ['front-envoy', 'service1', 'service2', 'zipkin'])
    assert.equal((await podsOf(name)).length, 1, name);
});

test('the health checks leave no trace', async () => {
  await withZipkin(async (zipkin) => {
    const names = (await zipkin.traces({ limit: 1000, lookback: 86_400_000 })).flat().map(({ name }) => name ?? '');
    assert.ok(names.length > 0);
    assert.deepEqual(
      names.filter((name) => !/\/trace\/[12]/.test(name)),
      [],
    );
  });
});

test('a deletion leaves nothing', async () => {
  assert.match(await down(), /namespace envoymesh is gone/);
  assert.deepEqual(await kubectl.get('namespaces', namespace), []);
  const left = await kubectl.get(
    'clusterroles,clusterrolebindings,persistentvolumes,storageclasses',
    '--selector',
    'app.kubernetes.io/part-of=envoy-zipkin-sandbox',
  );
  assert.deepEqual(left, []);
});
