import { ask } from '../topology/ask.js';
import { findSandbox, type RunningSandbox } from '../topology/running-sandbox.js';
import { isThisMachine } from '../topology/this-machine.js';

/** Compares the answer to a path that no route matches with the one in the Envoy file. */
async function answersAsSandbox({ frontUrl, model }: RunningSandbox): Promise<boolean> {
  try {
    const path = '/is-this-the-sandbox';
    const own = model.edge.route({ host: new URL(frontUrl).host, path });
    if (own.cluster !== undefined) return true; // a route matches everything
    const { status, headers, body } = await ask(frontUrl + path, { headers: { 'x-b3-sampled': '0' }, ms: 5000 });
    return status === own.status && headers.get('server') === 'envoy' && body === own.body;
  } catch {
    return false;
  }
}

/**
 * Finds the sandbox to which a load may be sent: one that runs on this machine, and whose front proxy answers like this
 * sandbox's. A load must not reach another server.
 *
 * @param url the front proxy, if it is not the default one
 * @throws Error if it is not on this machine, is not a sandbox that runs here, or answers differently
 */
export async function findLoadTarget(
  root: string,
  cache: string,
  environment: Readonly<Record<string, string | undefined>>,
  url: string | undefined,
): Promise<RunningSandbox> {
  if (url === undefined) return checked(await findSandbox(root, cache, environment));
  const { hostname, port } = new URL(url);
  if (!isThisMachine(hostname)) {
    throw new Error(`${url} is not on this machine; load runs only against a sandbox on this machine`);
  }
  const frontPort = port || '80';
  const sandbox = await findSandbox(root, cache, { ...environment, FRONT_PORT: frontPort });
  if (new URL(sandbox.frontUrl).port !== frontPort) {
    throw new Error(
      `${url} is not this sandbox's front proxy, which is ${sandbox.frontUrl}; load runs only against that one`,
    );
  }
  return checked(sandbox);
}

async function checked(sandbox: RunningSandbox): Promise<RunningSandbox> {
  if (await answersAsSandbox(sandbox)) return sandbox;
  throw new Error(
    `${sandbox.frontUrl} does not answer as this sandbox's front proxy does; stop the other program on that port`,
  );
}
