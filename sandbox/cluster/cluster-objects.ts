interface Metadata {
  readonly name: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
}

/** What is said of an object's state. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** A Deployment or StatefulSet. */
export interface Workload {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly metadata: Metadata & { readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

/** The pods of one revision of a Deployment. */
interface ReplicaSet {
  readonly kind: 'ReplicaSet';
  readonly metadata: Metadata;
  readonly status: { readonly conditions?: readonly Condition[] };
}

interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
  readonly lastState?: { readonly terminated?: { readonly exitCode: number } };
}

/** A pod, as far as its containers' states go. */
export interface Pod {
  readonly kind: 'Pod';
  readonly metadata: Metadata & { readonly deletionTimestamp?: string };
  readonly status: {
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** A HorizontalPodAutoscaler. */
export interface Autoscaler {
  readonly kind: 'HorizontalPodAutoscaler';
  readonly spec: { readonly minReplicas?: number; readonly scaleTargetRef: { readonly name: string } };
}

interface Event {
  readonly kind: 'Event';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

/** What of a namespace says how far it is, as `kubectl get` has it. */
export type ClusterObject = Workload | ReplicaSet | Pod | Autoscaler | Event;

/** The kinds of ClusterObject, for `kubectl get`: what others wait for first. */
export const assessedKinds = 'statefulsets,deployments,replicasets,pods,horizontalpodautoscalers.autoscaling,events';
