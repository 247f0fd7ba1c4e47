/** The trace headers of one request as they entered or left a hop, by lower-case name. */
export interface HeaderRecord {
  /** The service that saw them, by its name in Zipkin, as in `service1-app`. */
  readonly at: string;
  readonly direction: 'in' | 'out';
  readonly headers: Readonly<Record<string, string>>;
}

/** The trace context that headers carry. `decision` is `d` for debug. */
export interface TraceContext {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentId?: string;
  readonly decision?: '0' | '1' | 'd';
  /** The headers it was read from; `none` if there is no B3 at all. */
  readonly form: 'multi' | 'single' | 'none';
}

const traceId = /^(?!0+$)(?:[0-9a-f]{16}|[0-9a-f]{32})$/;
const spanId = /^(?!0+$)[0-9a-f]{16}$/;

/**
 * Reads B3 from headers, leaving out what is malformed (https://github.com/openzipkin/b3-propagation). The single `b3`
 * header counts only where no `x-b3-traceid` is.
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
