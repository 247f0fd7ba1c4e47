/** The process that recorded a span, or that the span called. `Endpoint` of Zipkin's API v2. */
export interface Endpoint {
  readonly serviceName?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port?: number;
}

export type SpanKind = 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER';

/**
 * A span as Zipkin's API v2 returns it: ids in lower hex, timestamp in epoch microseconds, duration in microseconds. A
 * client and the server that it called may share one id (`shared` on the server's span). So a span is identified by id,
 * shared and service name, never by its id alone.
 */
export interface Span {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind?: SpanKind;
  readonly name?: string;
  readonly timestamp?: number;
  readonly duration?: number;
  readonly localEndpoint?: Endpoint;
  readonly remoteEndpoint?: Endpoint;
  readonly annotations?: readonly { readonly timestamp: number; readonly value: string }[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly shared?: boolean;
  readonly debug?: boolean;
}
