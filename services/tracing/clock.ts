const STEP_MS = 50;

/**
 * Creates a wall clock with microsecond resolution. zipkin-js uses `Date.now()`, which cuts off up to a millisecond.
 * Its spans would then begin before the Envoy spans that contain them. This clock starts from `performance.timeOrigin`,
 * which cuts off nothing. When the system's clock jumps (after a suspend, or at the first NTP answer), this clock
 * follows.
 *
 * @returns a function that gives the time in epoch microseconds
 */
export function createWallClock(): () => number {
  let origin = performance.timeOrigin;
  return () => {
    if (Math.abs(origin + performance.now() - Date.now()) > STEP_MS) origin = Date.now() - performance.now();
    return Math.round((origin + performance.now()) * 1000);
  };
}
