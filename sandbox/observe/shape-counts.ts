import type { ExpectedSpan, Shape } from '../verdict/shape.js';
import type { SpanCounts } from './stored-traces.js';

/**
 * @returns the smallest number of spans of each service in a trace of this shape; services named by a pattern and the
 *   user's own apps are left out
 */
export function spansByService(shape: Shape): SpanCounts {
  const counts: Record<string, number> = {};
  const ownApps = new Set<ExpectedSpan['service']>();
  const count = ({ service, times, children, isOwnApp }: ExpectedSpan, each: number): void => {
    const spans = each * times.min;
    if (isOwnApp) ownApps.add(service);
    if (typeof service === 'string') counts[service] = (counts[service] ?? 0) + spans;
    for (const child of children) count(child, spans);
  };
  count(shape.root, 1);
  return Object.fromEntries(Object.entries(counts).filter(([service]) => !ownApps.has(service)));
}
