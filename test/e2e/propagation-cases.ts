import { b3Cases } from './propagation-cases/b3.js';
import type { PropagationCase } from './propagation-cases/case.js';
import { otherHeaderCases } from './propagation-cases/other-headers.js';
import { rateZeroCases } from './propagation-cases/rate-zero.js';
import { traceparentCases } from './propagation-cases/traceparent.js';
import { xB3Cases } from './propagation-cases/x-b3.js';

export { type Expectation, type PropagationCase, withOwnTraceId } from './propagation-cases/case.js';

/**
 * What a caller may send to the front proxy, and the result, at a sampling rate of 100 %. Every row also expects what
 * PropagationCase says about all rows.
 */
export const propagationCases: readonly PropagationCase[] = [
  ...xB3Cases,
  ...b3Cases,
  ...traceparentCases,
  ...otherHeaderCases,
];

/** The rows of `propagationCases` with something malformed, to check that it harms nothing. */
export const malformedCases: readonly PropagationCase[] = propagationCases.filter(({ expect }) => expect.malformed);

/** The rows at a sampling rate of 0 %: who gets a trace all the same. No trace is recorded for anybody else. */
export const casesAtRateZero: readonly PropagationCase[] = rateZeroCases;
