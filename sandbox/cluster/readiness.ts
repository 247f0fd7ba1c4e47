import type { Autoscaler, ClusterObject, Pod, Workload } from './cluster-objects.js';
import { quotaExceeded } from './kubectl.js';

/** How far a namespace is; `why` is one line. `failed`: waiting does not help. */
export type Readiness = { readonly state: 'ready' } | { readonly state: 'waiting' | 'failed'; readonly why: string };

const failed = (why: string): Readiness => ({ state: 'failed', why });
const waiting = (why: string): Readiness => ({ state: 'waiting', why });

const imageAbsent = new Set(['ErrImageNeverPull', 'ImagePullBackOff', 'InvalidImageName']);

function failureOfPod({ metadata, status }: Pod): Readiness | undefined {
  for (const { name, image, state, lastState } of [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
  ]) {
    const reason = state?.waiting?.reason ?? '';
    if (imageAbsent.has(reason)) {
      return failed(
        `the cluster does not have the image ${image} of pod ${metadata.name} (${reason}); hand it over with --load, or set 'images' in the overlay to where your registry has it`,
      );
    }
    if (reason === 'CrashLoopBackOff') {
      const code = lastState?.terminated?.exitCode ?? 'unknown';
      return failed(`${name} of pod ${metadata.name} ends again and again, exit code ${code}; see its log`);
    }
  }
  return undefined;
}

function refusal(message: string, of: string): Readiness {
  return failed(/exceeded quota/.test(message) ? quotaExceeded(message) : `${of} gets no pods: ${message}`);
}

const revision = 'deployment.kubernetes.io/revision';

/** All but what a change of its Deployment has replaced: while that goes, it may still fail. */
function withoutReplaced(objects: readonly ClusterObject[]): ClusterObject[] {
  const revisions = new Map(
    objects.flatMap((object) =>
      object.kind === 'Deployment' ? [[object.metadata.name, object.metadata.annotations?.[revision]]] : [],
    ),
  );
  const replaced = new Set<string>();
  for (const object of objects) {
    const [owner] = object.kind === 'ReplicaSet' ? (object.metadata.ownerReferences ?? []) : [];
    if (object.kind !== 'ReplicaSet' || owner?.kind !== 'Deployment') continue;
    if (revisions.get(owner.name) !== object.metadata.annotations?.[revision]) replaced.add(object.metadata.name);
  }
  return objects.filter((object) => {
    if (object.kind === 'ReplicaSet') return !replaced.has(object.metadata.name);
    return object.kind !== 'Pod' || !object.metadata.ownerReferences?.some(({ name }) => replaced.has(name));
  });
}

/** A ReplicaSet says so itself; a StatefulSet's refused pods are seen in events only. */
function refusedPods(objects: readonly ClusterObject[], since: number): Readiness | undefined {
  for (const object of objects) {
    if (object.kind === 'ReplicaSet') {
      const condition = object.status.conditions?.find(
        ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
      );
      if (condition) return refusal(condition.message ?? '', object.metadata.name);
    }
    if (object.kind !== 'Event' || object.reason !== 'FailedCreate') continue;
    const { involvedObject, lastTimestamp, message = '' } = object;
    if (involvedObject.kind !== 'StatefulSet' || Date.parse(lastTimestamp ?? '') < since) continue;
    return refusal(message, involvedObject.name);
  }
  return undefined;
}

/** What a workload still lacks. */
function progressOf({ metadata, spec, status }: Workload, least: number): string | undefined {
  const wanted = Math.max(spec.replicas, least);
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const ready = Math.min(updatedReplicas, availableReplicas);
  if (ready < wanted) return `${metadata.name} is not ready: ${ready} of ${wanted} pods are`;
  if (replicas > wanted) return `${metadata.name} still has ${replicas - wanted} pods of before`;
  return undefined;
}

/** Why a pod has no node, where one has none: what the scheduler says. */
function unplaced({ metadata, status }: Pod): string | undefined {
  const condition = status.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return condition && `pod ${metadata.name} has no node: ${condition.message ?? condition.reason ?? ''}`;
}

/**
 * Says whether everything of a namespace runs as its manifests have it.
 *
 * @param objects everything of `assessedKinds` there, in that order
 * @param since epoch milliseconds; events before that are of no account
 */
export function assess(objects: readonly ClusterObject[], since: number): Readiness {
  const workloads = objects.filter(
    (object): object is Workload => object.kind === 'StatefulSet' || object.kind === 'Deployment',
  );
  if (workloads.length === 0) return waiting('nothing is there yet');
  const unseen = workloads.find(({ metadata, status }) => (status.observedGeneration ?? 0) < metadata.generation);
  if (unseen) return waiting(`${unseen.metadata.name} has not been looked at yet`);
  const current = withoutReplaced(objects);
  const pods = current.filter((object): object is Pod => object.kind === 'Pod' && !object.metadata.deletionTimestamp);
  for (const pod of pods) {
    const failure = failureOfPod(pod);
    if (failure) return failure;
  }
  const refused = refusedPods(current, since);
  if (refused) return refused;
  const scalers = current.filter((object): object is Autoscaler => object.kind === 'HorizontalPodAutoscaler');
  const least = (workload: string): number =>
    scalers.find(({ spec }) => spec.scaleTargetRef.name === workload)?.spec.minReplicas ?? 0;
  const [unready] = workloads.flatMap((workload) => progressOf(workload, least(workload.metadata.name)) ?? []);
  if (unready === undefined) return { state: 'ready' };
  const [withoutNode] = pods.flatMap((pod) => unplaced(pod) ?? []);
  return waiting(withoutNode ? `${unready}; ${withoutNode}` : unready);
}
