/**
 * What Envoy says of a request in the tag `response_flags`, in words. From
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage, those that a mesh meets.
 */
const meanings: Readonly<Record<string, string>> = {
  DC: 'the caller closed the connection',
  DI: 'a fault filter delayed the request',
  DPE: 'the caller broke the protocol',
  DT: 'the request exceeded its total time limit',
  FI: 'a fault filter aborted the request',
  LH: 'the health check of this service failed',
  LR: 'the connection was reset on this side',
  NC: 'the cluster is not known',
  NR: 'no route matches the request',
  OM: 'the overload manager refused the request',
  RL: 'the rate limit was reached',
  SI: 'the stream was idle for too long',
  UAEX: 'external authorisation refused the request',
  UC: 'the upstream closed the connection',
  UF: 'the connection to the upstream failed',
  UH: 'no healthy upstream was left',
  UMSDR: 'the upstream request exceeded its time limit',
  UO: 'a circuit breaker was open',
  UPE: 'the upstream broke the protocol',
  UR: 'the upstream reset the stream',
  URX: 'no retry was left',
  UT: 'the upstream did not answer in time',
};

/** Explains the flags of one request (`UF,URX`); undefined if there is no flag that is known. */
export function explainFlags(flags: string | undefined): string | undefined {
  const words = (flags ?? '').split(',').flatMap((flag) => meanings[flag] ?? []);
  return words.length > 0 ? words.join(', ') : undefined;
}
