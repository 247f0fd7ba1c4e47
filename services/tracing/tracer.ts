import { BatchRecorder, type Context, type Logger, model, type TraceId, Tracer } from 'zipkin';
import { AsyncTraceContext } from './context.js';

/** What a tracer is made of. */
export interface TracerParts {
  /** The service name of its spans in Zipkin. */
  readonly appName: string;
  /** Takes finished spans. */
  readonly reporter: Logger;
  /** Epoch microseconds. */
  now(): number;
  /** Where the process runs as a pod: the pod's name, a tag of every span. */
  readonly podName?: string | undefined;
}

/**
 * A tracer with 128-bit trace ids whose context follows asynchronous code. It samples every trace that it starts; in a
 * trace that it joins, the caller's decision holds.
 *
 * @returns the tracer, and `endSpans`, which hands unfinished spans to the reporter too
 */
export function createTracing(parts: TracerParts): { readonly tracer: Tracer; endSpans(): void } {
  const { appName, reporter, now, podName } = parts;
  const batches = new BatchRecorder({
    logger: {
      logSpan(span) {
        if (podName !== undefined) span.putTag('node_id', podName); // the tag of the Envoy beside it
        reporter.logSpan(span);
      },
    },
  });
  const tracer = new Tracer({
    // zipkin's type leaves out what its Tracer handles: there may be no context.
    ctxImpl: new AsyncTraceContext<TraceId>() as Context<TraceId>,
    recorder: {
      record(record) {
        record.timestamp = now();
        batches.record(record);
      },
    },
    localEndpoint: new model.Endpoint({ serviceName: appName }),
    traceId128Bit: true,
  });
  return { tracer, endSpans: () => batches.flush() };
}
