import type { ExpectedSpan, Shape } from '../verdict/shape.js';
import type { SpanCounts } from './stored-traces.js';

/** @returns how many spans each service leaves in a trace of this shape, at least; services named by a pattern are left out */
export function spansByService(shape: Shape): SpanCounts {
  const counts: Record<string, number> = {};
  const count = ({ service, times, children }: ExpectedSpan, each: number): void => {
    const spans = each * times.min;
    if (typeof service === 'string') counts[service] = (counts[service] ?? 0) + spans;
    for (const child of children) count(child, spans);
  };
  count(shape.root, 1);
  return counts;
}
