import type { Model } from '../topology/model.js';

/** How many spans Zipkin's server keeps if MEM_MAX_SPANS is not set. */
export const defaultSpanLimit = 500_000;

/**
 * @returns how many spans the sandbox's Zipkin keeps in memory; then it forgets the oldest traces
 * @see https://github.com/openzipkin/zipkin/blob/master/zipkin-server/README.md#in-memory-storage
 */
export function spanLimitOf({ collector }: Model): number {
  return Number(collector.environment.MEM_MAX_SPANS ?? defaultSpanLimit);
}
