const STEP_MS = 50;

/**
 * A wall clock of microsecond resolution. zipkin-js starts from `Date.now()`, which cuts off up to a millisecond, so its
 * spans begin before the Envoy spans that contain them; `performance.timeOrigin` does not. When the system's clock is
 * stepped (a suspended laptop, a first NTP answer) this clock follows.
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
