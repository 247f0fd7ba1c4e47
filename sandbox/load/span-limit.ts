import { type ComposeService, zipkinIn } from '../topology/compose-file.js';

/** What Zipkin's server keeps where MEM_MAX_SPANS says nothing. */
export const defaultSpanLimit = 500_000;

/**
 * @param services docker-compose.yml's
 * @returns how many spans the sandbox's Zipkin keeps in memory; beyond that it lets go of the oldest traces
 * @see https://github.com/openzipkin/zipkin/blob/master/zipkin-server/README.md#in-memory-storage
 */
export function spanLimitOf(services: readonly ComposeService[]): number {
  return Number(zipkinIn(services)?.environment.MEM_MAX_SPANS ?? defaultSpanLimit);
}
