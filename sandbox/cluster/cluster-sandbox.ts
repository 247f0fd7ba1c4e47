import { setTimeout as delay } from 'node:timers/promises';
import { assessedKinds, type ClusterObject } from './cluster-objects.js';
import type { Kubectl } from './kubectl.js';
import { assess, type Readiness } from './readiness.js';
import { unsettled } from './upstreams.js';

/** The namespace of the sandbox, and its virtual network. */
export const namespace = 'envoymesh';

const label = { name: 'app.kubernetes.io/part-of', value: 'envoy-zipkin-sandbox' };
/** Native sidecars are on by default from 1.29, the sleep of a preStop hook from 1.30. */
const leastMinor = 30;
const pollMs = 1000;
/** What a pod gets to end in when all of them go. */
const lastSeconds = 5;

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

/**
 * @returns whether the sandbox's namespace is there
 * @throws Error where it is somebody else's
 */
export async function namespaceExists(kubectl: Kubectl): Promise<boolean> {
  const [found] = await kubectl.get<Labelled>('namespaces', namespace);
  if (found === undefined) return false;
  if (found.metadata.labels?.[label.name] === label.value) return true;
  throw new Error(
    `context '${kubectl.context}' has a namespace ${namespace} that is not this sandbox's (no label ${label.name}=${label.value}); nothing was changed`,
  );
}

async function requireVersion(kubectl: Kubectl): Promise<void> {
  const { serverVersion } = JSON.parse(await kubectl.run(['version', '--output', 'json'])) as {
    readonly serverVersion: { readonly major: string; readonly minor: string; readonly gitVersion: string };
  };
  if (serverVersion.major === '1' && Number.parseInt(serverVersion.minor, 10) < leastMinor) {
    throw new Error(
      `context '${kubectl.context}' runs Kubernetes ${serverVersion.gitVersion}; this needs 1.${leastMinor} or later`,
    );
  }
}

/**
 * Gives manifests to the API server, which checks them against its schemas first.
 *
 * @throws Error of one line where there is no cluster, it is too old, the namespace is another's, or it refuses them
 */
export async function applyManifests(kubectl: Kubectl, manifests: string): Promise<void> {
  await requireVersion(kubectl);
  await namespaceExists(kubectl);
  await kubectl.run(['apply', '--server-side', '--validate=strict', '--filename', '-'], manifests);
}

async function readinessOf(kubectl: Kubectl, since: number): Promise<Readiness> {
  const readiness = assess(await kubectl.get<ClusterObject>(assessedKinds, '--namespace', namespace), since);
  if (readiness.state !== 'ready') return readiness;
  const why = await unsettled(kubectl, namespace);
  return why === undefined ? readiness : { state: 'waiting', why };
}

/**
 * Waits until everything runs as its manifests have it, and every Envoy knows every pod that it sends to.
 *
 * @param seconds longest wait
 * @param onProgress is told what is waited for
 * @throws Error of one line saying what is not ready, or what failed for good
 */
export async function waitUntilReady(
  kubectl: Kubectl,
  seconds: number,
  onProgress: (text: string) => void,
): Promise<void> {
  const since = Date.now();
  let why = '';
  while (Date.now() < since + seconds * 1000) {
    const readiness = await readinessOf(kubectl, since);
    if (readiness.state === 'ready') return;
    if (readiness.state === 'failed') throw new Error(readiness.why);
    why = readiness.why;
    onProgress(why);
    await delay(pollMs);
  }
  throw new Error(`not ready within ${seconds} s: ${why}`);
}

interface Volume {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly claimRef?: { readonly namespace: string } };
}

/**
 * Deletes the sandbox and waits until it has gone.
 *
 * @param seconds longest wait
 * @returns the volumes that keep their data, because their reclaim policy says so; undefined where there was no sandbox
 */
export async function deleteSandbox(kubectl: Kubectl, seconds: number): Promise<string[] | undefined> {
  if (!(await namespaceExists(kubectl))) return undefined;
  await kubectl.run(['delete', 'namespace', namespace, '--wait=false']);
  // Where all goes, nobody is left to drain for.
  await kubectl.run([
    'delete',
    'pods',
    '--all',
    '--namespace',
    namespace,
    '--wait=false',
    `--grace-period=${lastSeconds}`,
  ]);
  await kubectl.run(['wait', '--for=delete', `namespace/${namespace}`, `--timeout=${seconds}s`, '--request-timeout=0']);
  const volumes = await kubectl.get<Volume>('persistentvolumes');
  return volumes.filter(({ spec }) => spec.claimRef?.namespace === namespace).map(({ metadata }) => metadata.name);
}

interface Service {
  readonly spec: { readonly ports: readonly { readonly nodePort?: number }[] };
}

interface Node {
  readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
}

/** @returns the front's address on a node of the cluster; reachable where the nodes are */
export async function frontOnNode(kubectl: Kubectl): Promise<string | undefined> {
  const [service] = await kubectl.get<Service>('services', 'front-envoy', '--namespace', namespace);
  const port = service?.spec.ports[0]?.nodePort;
  const [node] = await kubectl.get<Node>('nodes');
  const address = node?.status.addresses.find(({ type }) => type === 'InternalIP')?.address;
  return port && address ? `http://${address}:${port}` : undefined;
}
