import type { Cause, Diagnosis } from '../diagnosis/cause.js';

const forward = (hop: string) =>
  `make ${hop} forward the trace context of the current request with every call (docs/your-own-service.md)`;
const report = (hop: string) => `check that ${hop}'s reporter runs and sends to the right address`;

const adviceOf: Partial<Record<Cause, (hop: string) => string>> = {
  'context-dropped': forward,
  'span-id-dropped': forward,
  'b3-single-only': forward,
  'context-malformed': forward,
  'stale-context': forward,
  'stale-span-id': forward,
  'span-id-reused': forward,
  'parent-dropped': forward,
  'trace-id-cut': forward,
  'trace-id-changed': forward,
  'context-ignored': (hop) => `make ${hop} join the trace context that it receives (docs/your-own-service.md)`,
  'decision-changed': (hop) => `make ${hop} forward x-b3-sampled unchanged`,
  'reports-lost': report,
  'not-reported': report,
  'no-trace': () => 'check the lines above, first those of the reporters',
};

/** What to do about a fault that somebody injected on purpose. */
export const labReset = "if the lab did it, run 'npm run lab -- reset'";

/** @returns what to do about a broken trace, in one line */
export function adviceFor({ cause, hop }: Pick<Diagnosis, 'cause' | 'hop'>): string {
  const advice = adviceOf[cause]?.(hop) ?? `look at ${hop}; run 'npm run verify' to see the trace`;
  return `${advice}; ${labReset}`;
}
