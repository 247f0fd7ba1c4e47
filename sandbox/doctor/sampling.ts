/**
 * Reads the sampling rate of the front proxy from its runtime settings.
 *
 * @param runtime settings by key, as Envoy's admin interface prints them: `tracing.random_sampling` and
 *   `tracing.global_enabled`. The lower of the two holds. Each is a percentage, or a fraction as a printed protobuf
 * @returns how many percent of the requests without a sampling decision are traced; 100 if nothing is set
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/runtime
 */
export function readSampling(runtime: Readonly<Record<string, string>>): number {
  return Math.min(readPercent(runtime['tracing.random_sampling']), readPercent(runtime['tracing.global_enabled']));
}

const denominators: Readonly<Record<string, number>> = { HUNDRED: 1, TEN_THOUSAND: 100, MILLION: 10_000 };

function readPercent(text: string | undefined): number {
  if (!text) return 100;
  if (/^[\d.]+$/.test(text)) return Math.min(100, Number(text));
  const numerator = /number_value:\s*([\d.]+)/.exec(text)?.[1] ?? 0;
  const denominator = denominators[/string_value:\s*"(\w+)"/.exec(text)?.[1] ?? 'HUNDRED'] ?? 1;
  return Number(numerator) / denominator;
}
