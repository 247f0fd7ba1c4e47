import { b3Cases } from './propagation-cases/b3.js';
import type { PropagationCase } from './propagation-cases/case.js';
import { otherHeaderCases } from './propagation-cases/other-headers.js';
import { rateZeroCases } from './propagation-cases/rate-zero.js';
import { traceparentCases } from './propagation-cases/traceparent.js';
import { xB3Cases } from './propagation-cases/x-b3.js';

export { type Expectation, type PropagationCase, withOwnTraceId } from './propagation-cases/case.js';

/**
 * What a caller may send to the front and what becomes of it, at a sampling rate of 100 %. Every row holds beside its
 * own expectation what PropagationCase says of all.
 */
export const propagationCases: readonly PropagationCase[] = [
  ...xB3Cases,
  ...b3Cases,
  ...traceparentCases,
  ...otherHeaderCases,
];

/** The rows of `propagationCases` that bring something malformed, for whatever must not be poisoned by it. */
export const malformedCases: readonly PropagationCase[] = propagationCases.filter(({ expect }) => expect.malformed);

/** The same at a sampling rate of 0 %: who still gets a trace, and that everybody else is denied one. */
export const casesAtRateZero: readonly PropagationCase[] = rateZeroCases;
