import type { RunningSandbox } from '../topology/running-sandbox.js';
import { ZipkinClient } from './zipkin-client.js';

/** Where a sandbox's counters are read. A service may run in several instances; each of them answers. */
export interface CounterSource {
  /**
   * @returns the answers of every instance of a service's part
   * @throws Error where one of them does not answer 200
   */
  askAll(service: string, part: 'admin' | 'app', path: string): Promise<readonly string[]>;
  /**
   * @returns the `/metrics` of every Zipkin
   * @throws Error where one of them does not answer
   */
  collectorMetrics(): Promise<readonly Readonly<Record<string, number>>[]>;
}

/** The counters of a sandbox that has one of each. */
export function countersOf(sandbox: Pick<RunningSandbox, 'ask' | 'zipkinUrl'>): CounterSource {
  const zipkin = new ZipkinClient(sandbox.zipkinUrl);
  return {
    askAll: async (service, part, path) => [await sandbox.ask(service, part, path)],
    collectorMetrics: async () => [await zipkin.metrics()],
  };
}
