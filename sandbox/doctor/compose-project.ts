import { execa } from 'execa';
import { type Asked, refused } from './facts.js';

const longestMs = 20_000;

const waits = 'was not started: it waits for another container';

interface Container {
  readonly ID: string;
  readonly Service: string;
  readonly State: string;
  readonly Health: string;
  readonly ExitCode: number;
}

/**
 * Reads the output of `docker compose ps --all --format json`: one JSON object in each line, in older versions one
 * array.
 *
 * @param reasons why Docker could not start a container, by its id
 * @returns every container, with `error` if it does not run or is not healthy; containers that wait for another one
 *   come last
 */
export function readContainers(printed: string, reasons: Readonly<Record<string, string>> = {}): Asked[] {
  const containers = printed
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => JSON.parse(line) as Container | Container[]);
  const facts = containers.map(({ ID, Service: name, State, Health, ExitCode }) => {
    if (reasons[ID]) return { name, error: `${refused}: ${reasons[ID]}` };
    if (State === 'created') return { name, error: waits };
    if (State !== 'running') return { name, error: `its container is ${State} (code ${ExitCode})` };
    return Health && Health !== 'healthy' ? { name, error: `its container is ${Health}` } : { name };
  });
  return [...facts.filter(({ error }) => error !== waits), ...facts.filter(({ error }) => error === waits)];
}

/** @returns whether this process can use Docker */
export async function askDocker(root: string): Promise<Asked> {
  const run = (...args: string[]) =>
    execa('docker', args, { cwd: root, reject: false, stdin: 'ignore', timeout: longestMs });
  const info = await run('info', '--format', '{{.ServerVersion}}');
  if (info.code === 'ENOENT') return { name: 'docker', error: 'docker is not installed' };
  if (info.failed) return { name: 'docker', error: 'no Docker daemon answers' };
  const { failed } = await run('compose', 'version');
  return { name: 'docker', error: failed ? "docker has no 'compose' command" : undefined };
}

/** @returns every container of this folder's Compose project; none if Docker does not answer */
export async function listContainers(root: string): Promise<Asked[]> {
  const options = { cwd: root, reject: false, stdin: 'ignore', timeout: longestMs } as const;
  const listed = await execa('docker', ['compose', 'ps', '--all', '--format', 'json'], options);
  if (listed.failed) return [];
  const ids = [...listed.stdout.matchAll(/"ID":"(\w+)"/g)].map(([, id = '']) => id);
  const states = await execa('docker', ['inspect', '--format', '{{.State.Error}}', ...ids], options);
  const errors = states.stdout.split('\n');
  return readContainers(listed.stdout, Object.fromEntries(ids.map((id, index) => [id, errors[index] ?? ''])));
}
