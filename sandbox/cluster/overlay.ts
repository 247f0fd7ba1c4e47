import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { kustomize } from './kubectl.js';

/** The overlays of deploy/kubernetes. */
export const overlays = ['local', 'cluster'] as const;

export type Overlay = (typeof overlays)[number];

/**
 * The manifests of an overlay.
 *
 * @param root the project's folder
 * @param cache where a kustomization may be written
 * @param tags by the image's name, instead of what the overlay has
 * @returns YAML
 */
export async function renderOverlay(
  root: string,
  cache: string,
  overlay: Overlay,
  tags: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = join(root, 'deploy/kubernetes/overlays', overlay);
  const images = Object.entries(tags).map(([name, newTag]) => ({ name, newTag }));
  if (images.length === 0) return kustomize(folder);
  const tagged = join(cache, 'cluster', overlay);
  await mkdir(tagged, { recursive: true });
  await writeFile(join(tagged, 'kustomization.yaml'), stringify({ resources: [relative(tagged, folder)], images }));
  return kustomize(tagged);
}

/** A container of a manifest, as far as it is looked at here. */
interface Container {
  readonly image: string;
}

interface Manifest {
  readonly kind: string;
  readonly spec?: {
    readonly template?: {
      readonly spec?: { readonly initContainers?: readonly Container[]; readonly containers: readonly Container[] };
    };
  };
}

/**
 * @param manifests YAML
 * @returns the images that their pods run, each once
 */
export function imagesOf(manifests: string): string[] {
  const pods = parseAllDocuments(manifests).map((document) => (document.toJS() as Manifest).spec?.template?.spec);
  const containers = pods.flatMap((pod) => [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]);
  return [...new Set(containers.map(({ image }) => image))];
}
