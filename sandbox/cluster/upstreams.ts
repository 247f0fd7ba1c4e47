import type { Kubectl } from './kubectl.js';

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status: { readonly podIP?: string };
}

/** The workloads whose pods run an Envoy, in a container `envoy`. */
const withEnvoy = new Set(['front-envoy', 'service1', 'service2']);
const workloadOf = ({ metadata }: Pod): string => metadata.labels['app.kubernetes.io/name'] ?? '';

/**
 * @param clusters Envoy's `/clusters`
 * @returns the addresses that it knows of each cluster, those without any included
 * @see https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--clusters
 */
export function readUpstreams(clusters: string): Map<string, Set<string>> {
  const upstreams = new Map<string, Set<string>>();
  for (const [, cluster = '', address] of clusters.matchAll(/^([^:\n]+)::(?:([\d.]+):\d+::)?/gm)) {
    const known = upstreams.get(cluster) ?? new Set();
    if (address) known.add(address);
    upstreams.set(cluster, known);
  }
  return upstreams;
}

/**
 * Envoys look names up again every five seconds. A request that goes out before is answered, but its spans may have
 * nowhere to go.
 *
 * @returns in one line which Envoy does not know a pod yet; undefined where all of them know all
 */
export async function unsettled(kubectl: Kubectl, namespace: string): Promise<string | undefined> {
  const pods = (await kubectl.get<Pod>('pods', '--namespace', namespace)).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  const lines = await Promise.all(
    pods.map(async (pod) => {
      if (!withEnvoy.has(workloadOf(pod))) return undefined;
      const { name } = pod.metadata;
      const probe = ['http-probe', '127.0.0.1:8001', '/clusters'];
      const exec = ['exec', '--namespace', namespace, name, '--container', 'envoy', '--', ...probe];
      const upstreams = readUpstreams(await kubectl.run(exec).catch(() => ''));
      if (upstreams.size === 0) return `${name} does not answer`;
      const unknown = pods.find((other) => {
        const known = upstreams.get(workloadOf(other));
        return known && !known.has(other.status.podIP ?? '');
      });
      return unknown && `${name} does not know ${unknown.metadata.name} yet`;
    }),
  );
  return lines.find((line) => line !== undefined);
}
