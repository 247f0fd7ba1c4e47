/** The trace headers of one request as they entered or left a hop, by lower-case name. */
export interface HeaderRecord {
  /** The service that saw them, by its name in Zipkin, for example `cart-app`. */
  readonly at: string;
  readonly direction: 'in' | 'out';
  readonly headers: Readonly<Record<string, string>>;
}

/** The trace context in a request's headers. `decision` is `d` for debug. */
export interface TraceContext {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentId?: string;
  readonly decision?: '0' | '1' | 'd';
  /** The headers from which it was read; `none` if there is no B3. */
  readonly form: 'multi' | 'single' | 'none';
}

const traceId = /^(?!0+$)(?:[0-9a-f]{16}|[0-9a-f]{32})$/;
const spanId = /^(?!0+$)[0-9a-f]{16}$/;

/**
 * Reads B3 from headers and leaves out what is malformed (https://github.com/openzipkin/b3-propagation). The single
 * `b3` header counts only if there is no `x-b3-traceid`.
 */
export function readB3(headers: Readonly<Record<string, string>>): TraceContext {
  const { b3 } = headers;
  if (b3 !== undefined && headers['x-b3-traceid'] === undefined) {
    const [first = '', span, state, parent] = b3.split('-');
    const alone = span === undefined ? first : state;
    return { ...ids(first, span, parent), ...decisionOf(alone, undefined), form: 'single' };
  }
  const hasB3 = Object.keys(headers).some((name) => name.startsWith('x-b3-'));
  return {
    ...ids(headers['x-b3-traceid'], headers['x-b3-spanid'], headers['x-b3-parentspanid']),
    ...decisionOf(headers['x-b3-sampled'], headers['x-b3-flags']),
    form: hasB3 ? 'multi' : 'none',
  };
}

/**
 * Reads the trace context from headers: B3, otherwise W3C's `traceparent` or `traceresponse`
 * (https://www.w3.org/TR/trace-context/). Ids may be in upper case, because some senders write them so.
 */
export function readContext(headers: Readonly<Record<string, string>>): Omit<TraceContext, 'form'> {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toLowerCase()]));
  const { form, ...b3 } = readB3(lower);
  const w3c = lower.traceparent ?? lower.traceresponse ?? '';
  const [, trace, span, flags] = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})?-?([0-9a-f]{2})?/.exec(w3c) ?? [];
  if (b3.traceId !== undefined || trace === undefined) return b3;
  const decision = Number.parseInt(flags ?? '', 16) % 2 === 1 ? '1' : '0';
  return { ...ids(trace, span), decision: b3.decision ?? decision };
}

function ids(trace = '', span = '', parent = ''): Pick<TraceContext, 'traceId' | 'spanId' | 'parentId'> {
  return {
    ...(traceId.test(trace) && { traceId: trace }),
    ...(spanId.test(span) && { spanId: span }),
    ...(spanId.test(parent) && { parentId: parent }),
  };
}

function decisionOf(sampled: string | undefined, flags: string | undefined): Pick<TraceContext, 'decision'> {
  if (flags === '1' || sampled === 'd') return { decision: 'd' };
  if (sampled === '1' || sampled === 'true') return { decision: '1' };
  return sampled === '0' || sampled === 'false' ? { decision: '0' } : {};
}
