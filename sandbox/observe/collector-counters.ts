/** What Zipkin's collector has counted since it started. */
export interface CollectorCounters {
  readonly messages: number;
  readonly messagesDropped: number;
  readonly spans: number;
  readonly spansDropped: number;
}

/**
 * @param metrics the `/metrics` of each Zipkin
 * @returns the sums over all of them and all transports
 * @see https://github.com/openzipkin/zipkin/blob/master/zipkin-server/README.md#metrics
 */
export function readCollectorCounters(metrics: readonly Readonly<Record<string, number>>[]): CollectorCounters {
  const sum = (counter: string): number =>
    metrics
      .flatMap(Object.entries)
      .reduce(
        (total, [name, value]) => (name.startsWith(`counter.zipkin_collector.${counter}.`) ? total + value : total),
        0,
      );
  return {
    messages: sum('messages'),
    messagesDropped: sum('messages_dropped'),
    spans: sum('spans'),
    spansDropped: sum('spans_dropped'),
  };
}
