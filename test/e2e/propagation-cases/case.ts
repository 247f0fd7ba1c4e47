/** Header lines in order; a name may come twice. Values are text, to be sent as UTF-8 bytes, just as they are. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** What becomes of one request for `/trace/1`. */
export interface Expectation {
  /** joined: the caller's trace goes on; restarted: a new one begins; denied: nobody records any. */
  readonly trace: 'joined' | 'restarted' | 'denied';
  /** Spans in Zipkin with the answered trace id. */
  readonly spans: 11 | 0;
  /** `x-b3-sampled` where service2's app gets the request. */
  readonly decisionAtService2: '0' | '1';
  /** The caller's trace id, which must reach service2's app, the answer and Zipkin; absent when a new one must. */
  readonly traceId?: string;
  /** The caller's span id, which the front's SERVER span shares; only where spans are recorded. */
  readonly spanId?: string;
  /** The parent id of the front's SERVER span; absent when it has none. */
  readonly parentId?: string;
  /** The caller's `x-request-id` goes on as it is; otherwise the front makes one. */
  readonly requestIdKept?: true;
  /** Something in the headers is malformed: nothing of it may be seen anywhere behind the front. */
  readonly malformed?: true;
  /** More headers as service2's app gets them; null for one that must not be there. */
  readonly atService2?: Readonly<Record<string, string | null>>;
}

/**
 * One row. For all rows: the answer is 200; the trace id is the same in the answered `x-b3-traceid`, at service2's app
 * and in Zipkin, and is none of the caller's unless `traceId` says so; `x-request-id` is a UUID and the same in the
 * answer and at service2's app; no `b3` reaches service2's app; Zipkin drops no message and no span.
 */
export interface PropagationCase {
  readonly name: string;
  /** Where the input comes from; the expectation is issue 4's rule, which is at times stricter than the source. */
  readonly source: string;
  readonly headers: HeaderLines;
  readonly expect: Expectation;
}

/** The ids of a caller's context, as the front must record them. */
export interface CallerIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
}

type More = Pick<Expectation, 'atService2' | 'requestIdKept'>;

/** The trace of `ids` goes on and is recorded. */
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

/** A new trace begins because what came is malformed. */
export const dropped = (more: More = {}): Expectation => ({ ...restarted(more), malformed: true });

/** Nothing is recorded; the caller's trace id, where it gave one, goes on all the same. */
export const denied = (ids: Pick<CallerIds, 'traceId'> | undefined = undefined, more: More = {}): Expectation => ({
  trace: 'denied',
  spans: 0,
  decisionAtService2: '0',
  ...(ids === undefined ? {} : { traceId: ids.traceId }),
  ...more,
});

/**
 * The same row with a trace id of its own, so that runs against one Zipkin do not pile up in one trace. Only the half
 * of the id that is not padding is exchanged, wherever the row has it.
 *
 * @param row a row; one that keeps no trace id is given back as it is
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
