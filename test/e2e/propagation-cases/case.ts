/** Header lines in order. A name may come twice. Values are sent unchanged, as UTF-8 bytes. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** The expected result of one request for `/trace/1`. */
export interface Expectation {
  /** joined: the caller's trace continues; restarted: a new one begins; denied: no hop records spans. */
  readonly trace: 'joined' | 'restarted' | 'denied';
  /** Spans in Zipkin with the answered trace id. */
  readonly spans: 11 | 0;
  /** `x-b3-sampled` of the request to service2's app. */
  readonly decisionAtService2: '0' | '1';
  /** The caller's trace id, which must reach service2's app, the answer and Zipkin; absent if a new one must. */
  readonly traceId?: string;
  /** The caller's span id, which the SERVER span of the front proxy shares; only if spans are recorded. */
  readonly spanId?: string;
  /** The parent id of the SERVER span of the front proxy; absent if it has none. */
  readonly parentId?: string;
  /** Whether the caller's `x-request-id` is forwarded unchanged. Otherwise the front proxy makes one. */
  readonly requestIdKept?: true;
  /** Whether something in the headers is malformed. No part of it may be seen behind the front proxy. */
  readonly malformed?: true;
  /** More headers of the request to service2's app; null for one that must be absent. */
  readonly atService2?: Readonly<Record<string, string | null>>;
}

/**
 * One row. For all rows: the answer is 200. The trace id is the same in the answer's `x-b3-traceid`, at service2's app
 * and in Zipkin, and it is not one of the caller's unless `traceId` says so. `x-request-id` is a UUID and the same in
 * the answer and at service2's app. No `b3` reaches service2's app. Zipkin drops no message and no span.
 */
export interface PropagationCase {
  readonly name: string;
  /** The source of the input. The expectation is that of the sandbox, which is sometimes stricter than the source. */
  readonly source: string;
  readonly headers: HeaderLines;
  readonly expect: Expectation;
}

/** The ids of a caller's context, as the front proxy must record them. */
export interface CallerIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
}

type More = Pick<Expectation, 'atService2' | 'requestIdKept'>;

/** The trace of `ids` continues and is recorded. */
export const joined = (ids: CallerIds, more: More = {}): Expectation => ({
  trace: 'joined',
  spans: 11,
  decisionAtService2: '1',
  ...ids,
  ...more,
});

/** A new trace begins, and nothing was wrong. */
export const restarted = (more: More = {}): Expectation => ({
  trace: 'restarted',
  spans: 11,
  decisionAtService2: '1',
  ...more,
});

/** A new trace begins, because the headers are malformed. */
export const dropped = (more: More = {}): Expectation => ({ ...restarted(more), malformed: true });

/** No spans are recorded. The caller's trace id, if it sent one, is forwarded all the same. */
export const denied = (ids: Pick<CallerIds, 'traceId'> | undefined = undefined, more: More = {}): Expectation => ({
  trace: 'denied',
  spans: 0,
  decisionAtService2: '0',
  ...(ids === undefined ? {} : { traceId: ids.traceId }),
  ...more,
});

/**
 * The same row with its own trace id, so that repeated runs against one Zipkin do not collect in one trace. Only the
 * half of the id that is not padding is replaced, wherever the row has it.
 *
 * @param row a row; one that keeps no trace id is returned unchanged
 * @param id 16 lower-case hex digits, not all zeros
 */
export function withOwnTraceId(row: PropagationCase, id: string): PropagationCase {
  const { traceId } = row.expect;
  if (traceId === undefined) return row;
  const half = /0{16}$/.test(traceId) ? traceId.slice(0, 16) : traceId.slice(-16);
  const exchanged = (text: string): string =>
    text.replaceAll(half, id).replaceAll(half.toUpperCase(), id.toUpperCase());
  const { spanId } = row.expect;
  return {
    ...row,
    headers: row.headers.map(([name, value]) => [name, exchanged(value)]),
    expect: {
      ...row.expect,
      traceId: exchanged(traceId),
      ...(spanId === undefined ? {} : { spanId: exchanged(spanId) }),
    },
  };
}
