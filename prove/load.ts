import { type Generated, generateLoad } from '../sandbox/load/generate.js';
import { type LoadPlan, loadLimits } from '../sandbox/load/load-plan.js';
import { type MeasuredLoad, type MeasureOptions, measureLoad } from '../sandbox/load/measure.js';
import type { Control } from './control/control.js';
import { requestPath } from './request-shape.js';

/** What differs between the loads of this folder. */
export type Load = Partial<Pick<LoadPlan, 'concurrency' | 'rate' | 'seconds'>>;

/** The plan of a load of the request that passes every hop. By default 16 connections send as many as are answered. */
function planOf({ sandbox }: Control, load: Load): LoadPlan {
  const { frontUrl } = sandbox;
  const byDefault = { concurrency: 16, rate: undefined, seconds: loadLimits.seconds, count: loadLimits.count };
  return { frontUrl, path: requestPath, headers: {}, ...byDefault, ...load };
}

const never = new AbortController().signal;

/** Puts a load on a sandbox without accounting for its spans. */
export const send = (control: Control, load: Load): Promise<Generated> =>
  generateLoad(planOf(control, load), () => undefined, never);

/**
 * Puts a load on a sandbox and accounts for every span.
 *
 * @param options `spansEach`, and the options that are not the default
 * @throws ZipkinError if Zipkin's traces cannot be read at the end
 */
export function measure(
  control: Control,
  load: Load,
  options: Pick<MeasureOptions, 'spansEach'> & Partial<MeasureOptions>,
): Promise<MeasuredLoad> {
  return measureLoad(control.sandbox, planOf(control, load), {
    spanLimit: control.spanLimit,
    keepUp: false,
    quietSeconds: 60,
    stopped: never,
    onProgress: () => undefined,
    ...options,
  });
}
