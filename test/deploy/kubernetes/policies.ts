import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../../sandbox/cli/project.js';
import { waitFor } from '../../../sandbox/topology/wait.js';
import { exactTraces, firstExactTrace, sendMany } from '../exact-traces.js';
import { frontUrl, getObjects, kubectl, namespace, type Pod, podsOf, withZipkin } from '../on-cluster.js';

const outside = 'outside-envoymesh';
/** Who may connect to whom, along the path of a request and of its spans. The API server stands for everything else. */
const allowed = {
  outside: ['front-envoy', 'kubernetes'],
  'front-envoy': ['service1', 'service2', 'zipkin'],
  service1: ['service2', 'zipkin'],
  service2: ['zipkin'],
} as const;
type Source = keyof typeof allowed;
const sources = Object.keys(allowed) as Source[];

async function podOf(name: string): Promise<Pod> {
  const [pod] = await podsOf(name);
  assert.ok(pod, name);
  return pod;
}

/**
 * Starts a pod in another namespace, to which no policy applies. It has the label of the front proxy, which must not
 * help it there.
 */
async function startOutside(): Promise<void> {
  const [{ image }] = (await podOf('front-envoy')).spec.containers;
  const metadata = { namespace: outside, labels: { 'app.kubernetes.io/name': 'front-envoy' } };
  const container = { name: 'envoy', image, command: ['sleep', '600'], imagePullPolicy: 'IfNotPresent' };
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: outside } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'outside', ...metadata },
      spec: { containers: [container], terminationGracePeriodSeconds: 0 },
    },
  ];
  await kubectl(['apply', '--filename', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await kubectl(['wait', '--for=condition=Ready', 'pod/outside', '--namespace', outside, '--timeout=25s']);
}

/** Whether a container of the pod can open a TCP connection within two seconds. */
async function connects(from: Source, address: string): Promise<boolean> {
  const [inNamespace, pod] = from === 'outside' ? [outside, 'outside'] : [namespace, (await podOf(from)).metadata.name];
  const script = `timeout 2 bash -c 'exec 3<>/dev/tcp/${address}' 2>/dev/null && echo open || echo closed`;
  const args = ['exec', '--namespace', inNamespace, pod, '--container', 'envoy', '--', 'bash', '-c', script];
  return (await kubectl(args)).trim() === 'open';
}

async function openFrom(from: Source, targets: Readonly<Record<string, string>>): Promise<string[]> {
  const others = Object.entries(targets).filter(([name]) => name !== from);
  const open = await Promise.all(
    others.map(async ([name, address]) => ((await connects(from, address)) ? [name] : [])),
  );
  return open.flat();
}

/** Addresses in the form of bash: `host/port`. */
async function addresses(ports: Readonly<Record<string, number>>): Promise<Record<string, string>> {
  const [apiServer] = await getObjects<{ readonly spec: { readonly clusterIP: string } }>(
    'services',
    'kubernetes',
    '--namespace',
    'default',
  );
  const ofPods = Object.entries(ports).map(async ([name, port]) => [
    name,
    `${(await podOf(name)).status.podIP}/${port}`,
  ]);
  return { ...Object.fromEntries(await Promise.all(ofPods)), kubernetes: `${apiServer?.spec.clusterIP}/443` };
}

const ports = { 'front-envoy': 80, service1: 80, service2: 80, zipkin: 9411, cassandra: 9042 };

/** `enforced` if the cluster enforces NetworkPolicies, otherwise a command that makes it do so; unset if nothing can. */
const { KUBE_POLICIES: policies = '' } = process.env;

/** Tests who reaches whom in the overlay that runs. The overlay `cluster` has the most pods and all policies of `local`. */
export function testPolicies(): void {
  describe('where NetworkPolicies hold', { skip: policies === '' && 'KUBE_POLICIES is not set' }, () => {
    before(async () => {
      if (policies !== 'enforced') await execa('bash', ['-c', policies], { cwd: root, stdio: 'ignore' });
      await startOutside();
    });
    after(() => kubectl(['delete', 'namespace', outside, '--ignore-not-found', '--wait=false']));

    test('a pod reaches only what requests and spans need, and traces are exact', async () => {
      const targets = await addresses(ports);
      const attempt = async () => {
        const open = sources.map(async (from) => [from, await openFrom(from, targets)]);
        assert.deepEqual(Object.fromEntries(await Promise.all(open)), allowed);
      };
      // The policy engine learns of a new pod some seconds later.
      await waitFor('connections as the policies have them', attempt, { seconds: 180, everyMs: 1000 });
      const url = await frontUrl();
      await withZipkin(async (zipkin) => {
        await firstExactTrace(url, zipkin);
        await exactTraces(zipkin, await sendMany(url, 100, 16));
      });
    });
  });
}
