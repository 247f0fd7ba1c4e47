import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import { root } from '../../../sandbox/cli/project.js';

/** The overlays of deploy/kubernetes. */
export const overlays = ['local', 'cluster'] as const;

export type Overlay = (typeof overlays)[number];

export interface Probe {
  readonly exec?: { readonly command: readonly string[] };
  readonly httpGet?: { readonly path: string; readonly port: string | number };
  readonly tcpSocket?: { readonly port: string | number };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
  readonly restartPolicy?: string;
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> };
  readonly securityContext?: {
    readonly readOnlyRootFilesystem?: boolean;
  };
}

export interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}

export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

/** A manifest, with the fields that the tests read. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly clusterIP?: string;
    readonly selector?: Selector;
    readonly ports?: readonly { readonly port: number }[];
    readonly template?: { readonly metadata: { readonly labels: Record<string, string> }; readonly spec: PodSpec };
  };
}

/** @returns the manifests of an overlay, made by kustomize */
export async function manifestsOf(overlay: Overlay): Promise<Manifest[]> {
  const args = ['kustomize', '--load-restrictor', 'LoadRestrictionsNone', `deploy/kubernetes/overlays/${overlay}`];
  const { stdout } = await execa('kubectl', args, { cwd: root });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

/** @returns the manifests that create pods */
export function workloadsOf(manifests: readonly Manifest[]) {
  return manifests.flatMap(({ kind, metadata, spec }) =>
    spec?.template
      ? [{ kind, name: metadata.name, labels: spec.template.metadata.labels, pod: spec.template.spec }]
      : [],
  );
}

export const containersOf = ({ initContainers = [], containers }: PodSpec): Container[] => [
  ...initContainers,
  ...containers,
];

/** Whether a selector selects an object with these labels. */
export const selects = ({ matchLabels = {} }: Selector, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
