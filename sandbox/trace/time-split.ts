import type { CriticalPath } from './critical-path.js';
import { serviceOf } from './span.js';
import type { SpanNode } from './tree.js';

/** A share of a request's time. The shares of one trace add up to its root's duration. */
export interface TimeShare {
  /** A service, or the network between a caller and the service that it called. */
  readonly part: { readonly service: string } | { readonly from: string; readonly to: string };
  readonly micros: number;
}

/**
 * Splits the time of a request along its critical path into the services (proxies and apps) and the network between
 * them. The network gets the time of a CLIENT span beyond that of its SERVER span, with the waiting at both ends. If no
 * server recorded a span, the network's share contains the server's work too. Shares are in the order in which they
 * first occur.
 */
export function splitTime(path: CriticalPath): TimeShare[] {
  const shares = new Map<string, TimeShare>();
  for (const { node, start, end } of path.segments) {
    const part = partOf(node);
    const key = JSON.stringify(part);
    shares.set(key, { part, micros: (shares.get(key)?.micros ?? 0) + end - start });
  }
  return [...shares.values()];
}

function partOf({ span, children }: SpanNode): TimeShare['part'] {
  const service = serviceOf(span);
  if (span.kind !== 'CLIENT' && span.kind !== 'PRODUCER') return { service };
  const answer = children.find((child) => child.span.kind === 'SERVER' || child.span.kind === 'CONSUMER');
  return { from: service, to: answer ? serviceOf(answer.span) : (span.remoteEndpoint?.serviceName ?? '?') };
}
