import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { cache } from '../../../sandbox/cli/project.js';
import { makeWhole } from '../../../sandbox/topology/installing.js';
import { unpackPythonPackage } from '../../../sandbox/topology/python-package.js';

/** A package with the schemas of Kubernetes' API. Each version has a set in which unknown fields are errors. */
const pin = {
  name: 'kubernetes-validate',
  version: '1.37.0',
  wheel: '85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9',
};

const definitions = '_definitions.json';

/** The type of a manifest. */
export interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Deployment of apps/v1 → deployment-apps-v1.json; NetworkPolicy of networking.k8s.io/v1 → networkpolicy-networking-v1.json. */
function schemaFile({ apiVersion, kind }: Typed): string {
  const [version, group = ''] = apiVersion.split('/').reverse();
  return `${[kind.toLowerCase(), group.split('.')[0], version].filter(Boolean).join('-')}.json`;
}

/**
 * Reads the schemas of one version of Kubernetes.
 *
 * @param release for example `1.30.0`
 * @returns a function that gives the errors of a manifest
 */
export async function schemasOf(release: string): Promise<(manifest: Typed) => Promise<ErrorObject[]>> {
  const target = join(cache, `kubernetes-schemas-${pin.version}`);
  await makeWhole(target, (folder) => unpackPythonPackage(pin, folder, { what: "Kubernetes' schemas" }));
  const folder = join(target, `kubernetes_validate/kubernetes-json-schema/v${release}-local-strict`);
  const read = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8')) as object;
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(await read(definitions), `/api/${definitions}`);
  return async (manifest) => {
    const file = schemaFile(manifest);
    const validate = ajv.getSchema(file) ?? ajv.addSchema(await read(file), file).getSchema(file);
    validate?.(manifest);
    return validate?.errors ?? [];
  };
}
