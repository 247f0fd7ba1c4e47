import { type ComposeService, zipkinIn } from '../topology/compose-file.js';

/** How many spans Zipkin's server keeps if MEM_MAX_SPANS is not set. */
export const defaultSpanLimit = 500_000;

/**
 * @param services those of docker-compose.yml
 * @returns how many spans the sandbox's Zipkin keeps in memory; then it forgets the oldest traces
 * @see https://github.com/openzipkin/zipkin/blob/master/zipkin-server/README.md#in-memory-storage
 */
export function spanLimitOf(services: readonly ComposeService[]): number {
  return Number(zipkinIn(services)?.environment.MEM_MAX_SPANS ?? defaultSpanLimit);
}
