import type { EnvoyAccount } from './account.js';

const appDrops: Readonly<Record<string, string>> = {
  'buffer-full': 'its buffer was full, and it dropped the oldest',
  shutdown: 'it was ended before Zipkin took them',
};

/**
 * @param reason as an app's /reporter names it
 * @returns the reason in words
 */
export function appDropReason(reason: string): string {
  const status = /^refused-(?<status>\d+)$/.exec(reason)?.groups?.status;
  return status ? `Zipkin refused them with ${status}` : (appDrops[reason] ?? reason);
}

/** @returns why an Envoy's reports did not arrive, from what its collector cluster counted meanwhile */
export function lostReportsReason({ reports, trouble }: EnvoyAccount): string {
  const lost = reports.dropped + reports.failed + reports.skipped;
  const causes = [
    [trouble.timeouts, 'unanswered in time'],
    [trouble.connectFailures, 'connections to Zipkin refused'],
    [trouble.closed, 'on connections that Zipkin closed'],
    [trouble.overflows, 'beyond the reports that may wait for Zipkin'],
    [trouble.refusals, 'refused with a 4xx'],
    [trouble.failures, 'answered with a 5xx'],
    [reports.skipped, 'without a collector cluster'],
  ] as const;
  const seen = causes.flatMap(([count, cause]) => (count > 0 ? [`${count} ${cause}`] : []));
  return `${lost} of its reports did not arrive${seen.length > 0 ? ` (${seen.join(', ')})` : ''}`;
}
