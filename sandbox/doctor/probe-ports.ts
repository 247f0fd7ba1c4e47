import { ask } from '../topology/ask.js';
import type { Model } from '../topology/model.js';
import { requireFree } from '../topology/ports.js';
import { readTopology } from '../topology/read-topology.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { fetchText } from '../topology/wait.js';
import type { PublishedFact } from './facts.js';
import { failureOf } from './failure.js';

/** Checks whether the ports that a sandbox would publish are free here. `error` if one is not. */
export async function askFreePorts(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
  { front, edge, collector }: Model,
): Promise<PublishedFact[]> {
  const services = await readTopology(root, environment);
  const names = new Map([
    [`${front.name}:${edge.port}`, 'front proxy'],
    [`${front.name}:${front.envoyFile.adminPort}`, 'admin interface'],
    [`${collector.service}:${collector.port}`, 'Zipkin'],
  ]);
  return Promise.all(
    services
      .flatMap(({ name, ports }) => ports.map((published) => ({ service: name, published })))
      .map(async ({ service, published }) => ({
        service,
        name: names.get(`${service}:${published.target}`) ?? `${service}'s port ${published.target}`,
        port: published.port,
        variable: published.variable,
        error: (await failureOf(requireFree([published])))?.replace(/^port \S+ on \S+ |;.*/g, ''),
      })),
  );
}

/** Asks for a path that is not traced. */
async function askFront(url: string): Promise<void> {
  const { headers } = await ask(url, { headers: { b3: '0' }, ms: 2000 });
  const server = headers.get('server');
  if (server !== 'envoy') throw new Error(`${server ?? 'another program'} answers instead of Envoy`);
}

/** Checks whether the published ports of the sandbox answer here. */
export async function askPorts({ model, frontUrl, adminUrl, zipkinUrl }: RunningSandbox): Promise<PublishedFact[]> {
  const front = model.front.name;
  const asked = [
    { name: 'front proxy', service: front, url: frontUrl, variable: 'FRONT_PORT', ask: askFront(frontUrl) },
    {
      name: 'admin interface',
      service: front,
      url: adminUrl,
      variable: 'ADMIN_PORT',
      ask: fetchText(`${adminUrl}/ready`),
    },
    {
      name: 'Zipkin',
      service: model.collector.service,
      url: zipkinUrl,
      variable: 'ZIPKIN_PORT',
      ask: fetchText(`${zipkinUrl}/health`),
    },
  ];
  return Promise.all(
    asked.map(async ({ name, service, url, variable, ask }) => ({
      name,
      service,
      port: Number(new URL(url).port || 80),
      variable,
      error: await failureOf(ask),
    })),
  );
}
