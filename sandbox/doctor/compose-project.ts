import { type Container, compose, docker } from '../topology/compose-project.js';
import { type Asked, refused } from './facts.js';

/** @returns whether this process can use Docker */
export async function askDocker(root: string): Promise<Asked> {
  const info = await docker(root, 'info', '--format', '{{.ServerVersion}}');
  if (info.code === 'ENOENT') return { name: 'docker', error: 'docker is not installed' };
  if (info.failed) return { name: 'docker', error: 'no Docker daemon answers' };
  const { failed } = await compose(root, 'version');
  return { name: 'docker', error: failed ? "docker has no 'compose' command" : undefined };
}

function errorOf({ status, health, exitCode, refused: reason }: Container): string | undefined {
  if (reason) return `${refused}: ${reason}`;
  if (status === 'created') return 'was not started: it waits for another container';
  if (status !== 'running') return `its container is ${status} (code ${exitCode})`;
  return health && health !== 'healthy' ? `its container is ${health}` : undefined;
}

/** @returns the containers that do not run or are not healthy; containers that wait for another one come last */
export function brokenContainers(containers: readonly Container[]): Asked[] {
  const waits = ({ status, refused: reason }: Container) => Number(status === 'created' && !reason);
  return [...containers]
    .sort((a, b) => waits(a) - waits(b))
    .map((container) => ({ name: container.service, error: errorOf(container) }))
    .filter(({ error }) => error !== undefined);
}
