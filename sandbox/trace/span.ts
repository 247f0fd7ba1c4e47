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

/** The service that recorded a span; empty if the span names none. */
export function serviceOf(span: Span): string {
  return span.localEndpoint?.serviceName ?? '';
}

/** The kind of a span; `LOCAL` for work inside a process, which Zipkin stores without a kind. */
export function kindOf(span: Span): SpanKind | 'LOCAL' {
  return span.kind ?? 'LOCAL';
}

/** Whether a span is on the called side of a hop. Otherwise it is on the calling side, or work inside a process. */
export function isServing({ kind }: Span): boolean {
  return kind === 'SERVER' || kind === 'CONSUMER';
}

/** Shown for the service of a span that names none. */
export const noService = '(no service)';

/** A short name of a span for people: service and kind, for example `cart-app CLIENT`. */
export function labelOf(span: Span): string {
  return `${serviceOf(span) || noService} ${kindOf(span)}`;
}

/** The address of the process that recorded a span; undefined if the span has none. */
export function addressOf({ localEndpoint }: Span): string | undefined {
  return localEndpoint?.ipv4 ?? localEndpoint?.ipv6;
}

/** Whether a span begins while another lasts. */
export function beginsWithin({ timestamp }: Span, outer: Span): boolean {
  if (timestamp === undefined || outer.timestamp === undefined) return false;
  return timestamp >= outer.timestamp && timestamp <= outer.timestamp + (outer.duration ?? 0);
}

/** Envoy's SERVER spans have the request's x-request-id in this tag. */
export const requestIdTag = 'guid:x-request-id';

/** The x-request-id that a span has; undefined if it has none. */
export function requestIdOf({ tags }: Span): string | undefined {
  return tags?.[requestIdTag];
}

/**
 * How a span says that it failed: the `error` tag, with status and Envoy's flags beside it. Undefined if it did not
 * fail. Tracers with boolean tags write `error=false` into spans that did not fail.
 */
export function errorOf(span: Span): string | undefined {
  const { tags } = span;
  if (tags?.error === undefined || deniesError(span)) return undefined;
  const details = ['http.status_code', 'response_flags'].filter((tag) => tags[tag] !== undefined && tags[tag] !== '-');
  return ['error', ...details].map((tag) => `${tag}=${tags[tag]}`).join(' ');
}

/** Whether a span says that it did not fail, in the tag that makes Zipkin show it as failed. */
export function deniesError({ tags }: Span): boolean {
  return tags?.error?.toLowerCase() === 'false';
}
