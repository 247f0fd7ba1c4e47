import { sandbox } from '../requests.js';

/** @returns a counter or gauge of a service's Envoy, by its exact name; 0 if it has counted nothing yet */
export async function counter(service: string, name: string): Promise<number> {
  const filter = encodeURIComponent(`^${name.replaceAll('.', '\\.')}$`);
  const text = await sandbox.ask(service, 'admin', `/stats?filter=${filter}`);
  return Number(/: (\d+)$/m.exec(text)?.[1] ?? 0);
}
