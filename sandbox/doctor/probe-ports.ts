import { ask } from '../topology/ask.js';
import type { Model } from '../topology/model.js';
import { requireFree } from '../topology/ports.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { fetchText } from '../topology/wait.js';
import type { PublishedFact } from './facts.js';
import { failureOf } from './failure.js';

/** What the sandbox publishes for its user, by service and port. */
const publishedParts = ({ front, edge, collector }: Model) => [
  { name: 'front proxy', service: front.name, target: edge.port },
  { name: 'admin interface', service: front.name, target: front.envoyFile.adminPort },
  { name: 'Zipkin', service: collector.service, target: collector.port },
];

/** Checks whether the ports that a sandbox would publish are free here. `error` if one is not. */
export function askFreePorts(model: Model): Promise<PublishedFact[]> {
  const parts = publishedParts(model);
  const published = model.composed.flatMap(({ name: service, ports }) => ports.map((each) => ({ service, ...each })));
  return Promise.all(
    published.map(async ({ service, ...each }) => {
      const part = parts.find((one) => one.service === service && one.target === each.target);
      const name = part?.name ?? `${service}'s port ${each.target}`;
      const error = (await failureOf(requireFree([each])))?.replace(/^port \S+ on \S+ |;.*/g, '');
      return { name, service, port: each.port, variable: each.variable, error };
    }),
  );
}

/** Asks for a path that is not traced. */
async function askFront(url: string): Promise<void> {
  const { headers } = await ask(url, { headers: { b3: '0' }, ms: 2000 });
  const server = headers.get('server');
  if (server !== 'envoy') throw new Error(`${server ?? 'another program'} answers instead of Envoy`);
}

/** Checks whether the published ports of the sandbox answer here. */
export function askPorts({ model, frontUrl, adminUrl, zipkinUrl }: RunningSandbox): Promise<PublishedFact[]> {
  const urls = [frontUrl, adminUrl, zipkinUrl];
  const asked = [askFront(frontUrl), fetchText(`${adminUrl}/ready`), fetchText(`${zipkinUrl}/health`)];
  return Promise.all(
    publishedParts(model).map(async ({ name, service }, index) => ({
      name,
      service,
      port: Number(new URL(urls[index] ?? '').port || 80),
      error: await failureOf(Promise.resolve(asked[index])),
    })),
  );
}
