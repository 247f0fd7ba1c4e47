import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import type { Overlay } from './kubernetes/manifest.js';

/** The variables for test/run.ts: the context to use, and the command that loads images into its cluster. */
const { KUBE_CONTEXT: context = '', KUBE_LOAD: load } = process.env;

/** Runs kubectl in that context and gives its output. */
export async function kubectl(args: readonly string[], input = ''): Promise<string> {
  return (await execa('kubectl', ['--context', context, ...args], { input })).stdout;
}

/** Gives the objects of a `kubectl get`; none if none is found. */
export async function getObjects<T>(kinds: string, ...args: string[]): Promise<T[]> {
  const text = await kubectl(['get', kinds, '--ignore-not-found', '--output', 'json', ...args]);
  if (text === '') return [];
  const found = JSON.parse(text) as T & { readonly items?: T[] };
  return found.items ?? [found];
}

export const namespace = 'envoymesh';

/** Whether the cluster has the images of this tree. Without a command that loads them, it must have them already. */
let hasImages = load === undefined;

/** Runs the lines under a heading of deploy/README.md, with the names of this test instead of the reader's. */
async function asDocumented(heading: string, overlay: Overlay): Promise<void> {
  const text = await readFile(join(root, 'deploy/README.md'), 'utf8');
  const [, lines] = new RegExp(`^### ${heading}\n[^#]*?^\`\`\`sh\n([^\`]+)^\`\`\``, 'm').exec(text) ?? [];
  assert.ok(lines, `deploy/README.md has no lines under '${heading}'`);
  const script = lines
    .split('\n')
    .filter((line) => !hasImages || !/^(docker|kind) /.test(line))
    .join('\n')
    .replaceAll('NAME', context)
    .replaceAll('kind load docker-image', load ?? '')
    .replaceAll('overlays/local', `overlays/${overlay}`);
  await execa('bash', ['-euo', 'pipefail', '-c', script], { cwd: root, stdin: 'ignore' });
  hasImages ||= script.includes('docker ');
}

/** Brings an overlay up with the images of this tree. */
export const up = (overlay: Overlay): Promise<void> => asDocumented('Bring it up', overlay);

/** Takes the sandbox down as a user does. The pods answer requests for a while before they end. */
export const down = (): Promise<void> => asDocumented('Take it down', 'local');

/** Takes the sandbox down, if there is one, without waiting for its pods. */
export async function downAtOnce(): Promise<void> {
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  await kubectl(['delete', 'pods', '--all', '--namespace', namespace, '--force', '--grace-period=0']);
  await kubectl(['wait', '--for=delete', `namespace/${namespace}`, '--timeout=2m']);
}

/** The address of the front proxy on a node. */
export async function frontUrl(): Promise<string> {
  interface Service {
    readonly spec: { readonly ports: readonly { readonly nodePort?: number }[] };
  }
  interface Node {
    readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
  }
  const [service] = await getObjects<Service>('services', 'front-envoy', '--namespace', namespace);
  const [node] = await getObjects<Node>('nodes');
  const port = service?.spec.ports[0]?.nodePort;
  const address = node?.status.addresses.find(({ type }) => type === 'InternalIP')?.address;
  assert.ok(port && address, 'the front has no port on a node');
  return `http://${address}:${port}`;
}

/** Runs `work` with a Zipkin of the cluster on a port of this machine. `of` names it for port-forward. */
export async function withZipkin<T>(work: (zipkin: ZipkinClient) => Promise<T>, of = 'service/zipkin'): Promise<T> {
  const args = ['--context', context, '--namespace', namespace, 'port-forward', of, ':9411'];
  const forward = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      forward.once('exit', (code) => reject(new Error(`kubectl port-forward ended with ${code}`)));
      forward.once('error', reject);
      createInterface(forward.stdout).on('line', (line) => {
        const port = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port) resolve(port);
      });
    });
    return await work(new ZipkinClient(`http://127.0.0.1:${port}`));
  } finally {
    forward.kill();
  }
}

/** The part of a pod that the tests read. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly containers: readonly [{ readonly image: string }] };
  readonly status: { readonly podIP: string };
}

/** @returns the current pods of a workload */
export const podsOf = (workload: string): Promise<Pod[]> =>
  getObjects<Pod>('pods', '--namespace', namespace, '--selector', `app.kubernetes.io/name=${workload}`);

/** @returns their names */
export const podNamesOf = async (workload: string): Promise<string[]> =>
  (await podsOf(workload)).map(({ metadata }) => metadata.name);
