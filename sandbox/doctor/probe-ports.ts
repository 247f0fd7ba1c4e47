import { requireFree } from '../topology/ports.js';
import { readTopology } from '../topology/read-topology.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { fetchText } from '../topology/wait.js';
import type { PublishedFact } from './facts.js';
import { failureOf } from './failure.js';

/** Whether the ports that a sandbox would publish are free here; `error` where one is not. */
export async function askFreePorts(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<PublishedFact[]> {
  const services = await readTopology(root, environment);
  const names: Readonly<Record<string, string>> = { 80: 'front proxy', 8001: 'admin interface', 9411: 'Zipkin' };
  return Promise.all(
    services
      .flatMap(({ name, ports }) => ports.map((published) => ({ service: name, published })))
      .map(async ({ service, published }) => ({
        service,
        name: names[published.target] ?? String(published.target),
        port: published.port,
        variable: published.variable,
        error: (await failureOf(requireFree([published])))?.replace(/^port \S+ on \S+ |;.*/g, ''),
      })),
  );
}

/** Leaves no trace. */
async function askFront(url: string): Promise<void> {
  const response = await fetch(url, { headers: { b3: '0' }, signal: AbortSignal.timeout(2000) });
  await response.text();
  const server = response.headers.get('server');
  if (server !== 'envoy') throw new Error(`what answers is ${server ?? 'no Envoy'}`);
}

/** Whether what the sandbox publishes answers here. */
export async function askPorts({ frontUrl, adminUrl, zipkinUrl }: RunningSandbox): Promise<PublishedFact[]> {
  const asked = [
    { name: 'front proxy', service: 'front-envoy', url: frontUrl, variable: 'FRONT_PORT', ask: askFront(frontUrl) },
    {
      name: 'admin interface',
      service: 'front-envoy',
      url: adminUrl,
      variable: 'ADMIN_PORT',
      ask: fetchText(`${adminUrl}/ready`),
    },
    {
      name: 'Zipkin',
      service: 'zipkin',
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
