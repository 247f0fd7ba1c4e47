import type { LoadTarget } from '../load/measure.js';
import { requireSandboxFront } from '../load/target.js';
import type { CounterSource } from '../observe/counter-source.js';
import { frontOnNode, namespace, namespaceExists } from './cluster-sandbox.js';
import type { Kubectl } from './kubectl.js';

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
}

const parts = {
  admin: { container: 'envoy', address: '127.0.0.1:8001' },
  app: { container: 'app', address: '127.0.0.1:8080' },
} as const;

function countersOn(kubectl: Kubectl): CounterSource {
  const ofEachPod = async <T>(service: string, read: (pod: string) => Promise<T>): Promise<T[]> => {
    const selector = `app.kubernetes.io/name=${service}`;
    const pods = await kubectl.get<Pod>('pods', '--namespace', namespace, '--selector', selector);
    return Promise.all(
      pods
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => read(metadata.name)),
    );
  };
  return {
    askAll: (service, part, path) => {
      const { container, address } = parts[part];
      const probe = ['--container', container, '--', 'http-probe', address, path];
      return ofEachPod(service, (pod) => kubectl.run(['exec', '--namespace', namespace, pod, ...probe]));
    },
    collectorMetrics: () =>
      ofEachPod('zipkin', async (pod) => {
        const path = `/api/v1/namespaces/${namespace}/pods/${pod}:9411/proxy/metrics`;
        return JSON.parse(await kubectl.run(['get', '--raw', path])) as Record<string, number>;
      }),
  };
}

/**
 * The sandbox of a cluster as the target of a load; its counters are those of all its pods, and mean what they say as
 * long as no pod comes or goes.
 *
 * @param frontUrl the front, on loopback by port-forward or on a node of that cluster
 * @param zipkinUrl any of its Zipkins
 * @throws Error where that context has no sandbox, or the front is elsewhere or answers differently
 */
export async function clusterLoadTarget(kubectl: Kubectl, frontUrl: string, zipkinUrl: string): Promise<LoadTarget> {
  if (!(await namespaceExists(kubectl))) {
    throw new Error(`context '${kubectl.context}' has no sandbox; bring it up with npm run cluster`);
  }
  await requireSandboxFront(frontUrl, await frontOnNode(kubectl));
  return { frontUrl, zipkinUrl, counters: countersOn(kubectl) };
}
