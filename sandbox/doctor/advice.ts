import type { Cause, Diagnosis } from '../diagnosis/cause.js';

const forward = (hop: string) =>
  `make ${hop} send the context of the request at hand with every call (docs/your-own-service.md)`;
const report = (hop: string) => `look at ${hop}'s reporter: whether it runs, and where it sends`;

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
  'context-ignored': (hop) => `make ${hop} join the context that comes in (docs/your-own-service.md)`,
  'decision-changed': (hop) => `make ${hop} forward x-b3-sampled as it came`,
  'reports-lost': report,
  'not-reported': report,
  'no-trace': () => 'see the lines above, of the reporters first',
};

/** What undoes a fault that somebody put in on purpose. */
export const labReset = "where the lab did it, 'npm run lab -- reset'";

/** @returns what to do about a broken trace, in one line */
export function adviceFor({ cause, hop }: Pick<Diagnosis, 'cause' | 'hop'>): string {
  const advice = adviceOf[cause]?.(hop) ?? `look at ${hop}; 'npm run verify' shows the trace`;
  return `${advice}; ${labReset}`;
}
