/** Who recorded a span, or whom it called. Zipkin API v2, `Endpoint`. */
export interface Endpoint {
  readonly serviceName?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port?: number;
}

export type SpanKind = 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER';

/**
 * A span as Zipkin's API v2 gives it: ids in lower hex, timestamp in epoch microseconds, duration in
 * microseconds. A client and the server it called may share one id (`shared` on the server's part),
 * so a span is known by (id, shared, service name), never by id alone.
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
