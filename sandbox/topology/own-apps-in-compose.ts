import { compose, docker } from './compose-ports.js';
import { shippedApp } from './model.js';

/** @returns the services whose containers run an app of the user's own, as a Compose file laid over tells them to */
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
