import { compose, docker } from './compose-ports.js';
import { shippedApp } from './model.js';

/** @returns the services whose containers run one of the user's own apps, as an added Compose file says */
export async function ownAppsInCompose(root: string): Promise<string[]> {
  const { stdout: ids, failed } = await compose(root, 'ps', '--quiet');
  if (failed || !ids) return [];
  const format = '{{index .Config.Labels "com.docker.compose.service"}} {{json .Config.Env}}';
  const { stdout = '' } = await docker(root, 'inspect', '--format', format, ...ids.split('\n'));
  const containers = stdout
    .split('\n')
    .map((line) => /^(?<service>\S+) .*"APP_MAIN=(?<main>[^"]*)"/.exec(line)?.groups);
  return containers.flatMap((found) => (found?.service && found.main !== shippedApp ? found.service : []));
}
