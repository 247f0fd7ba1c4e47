import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { frontOnNode, namespace } from '../../sandbox/cluster/cluster-sandbox.js';
import { Kubectl } from '../../sandbox/cluster/kubectl.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';

/** What test/run.ts was told: the context to work on, and how images get there. */
const { KUBE_CONTEXT: context = '', KUBE_LOAD: load = '' } = process.env;

export const kubectl = await Kubectl.on(context);

/** Runs one of the sandbox's commands as a user does; gives its exit code and what it printed. */
export function command(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return execa('node', ['dist/sandbox/cli/main.js', ...args], { cwd: root, reject: false, env: { ...env } });
}

/** `cluster up` with the images of this tree. */
export async function up(overlay: string, seconds: number): Promise<void> {
  const handing = load === '' ? [] : ['--load', load];
  const args = ['up', '--context', context, '--overlay', overlay, '--wait', String(seconds), ...handing];
  const { exitCode, stdout, stderr } = await command(['cluster', ...args]);
  if (exitCode !== 0) throw new Error(`cluster up: ${stdout}\n${stderr}`);
}

/** `cluster down`. */
export async function down(): Promise<string> {
  const { stdout, stderr, exitCode } = await command(['cluster', 'down', '--context', context, '--wait', '180']);
  if (exitCode !== 0) throw new Error(`cluster down: ${stderr}`);
  return stdout;
}

/** The front's address on a node. */
export async function frontUrl(): Promise<string> {
  const url = await frontOnNode(kubectl);
  if (!url) throw new Error('the front has no port on a node');
  return url;
}

/** Runs `work` with a Zipkin of the cluster on a port of this machine; `of` says which, for port-forward. */
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

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
}

const podObjects = (name: string): Promise<Pod[]> =>
  kubectl.get<Pod>('pods', '--namespace', namespace, '--selector', `app.kubernetes.io/name=${name}`);

/** @returns the names of a workload's pods that there are now */
export const podsOf = async (name: string): Promise<string[]> =>
  (await podObjects(name)).map(({ metadata }) => metadata.name);

/** @returns what tells a pod from a later one of the same name */
export const podIdsOf = async (name: string): Promise<string[]> =>
  (await podObjects(name)).map(({ metadata }) => metadata.uid);
