/** Writes a duration in microseconds for people: `850 µs`, `12.3 ms`, `1.25 s`; in ASCII `850 us`. */
export function formatMicros(micros: number, unicode = true): string {
  const size = Math.abs(micros);
  if (size < 999.5) return `${Math.round(micros)} ${unicode ? 'µs' : 'us'}`;
  if (size < 999_500) return `${(micros / 1000).toPrecision(3)} ms`;
  return size < 999_500_000 ? `${(micros / 1e6).toPrecision(3)} s` : `${Math.round(micros / 1e6)} s`;
}

/** A time in epoch microseconds for people, for example `2026-01-31 12:00:00.000 UTC`; empty if it is no time. */
export function formatTime(micros: number | undefined): string {
  const date = new Date((micros ?? Number.NaN) / 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}
