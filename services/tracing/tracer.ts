import { BatchRecorder, type Context, type Logger, model, type TraceId, Tracer } from 'zipkin';
import { AsyncTraceContext } from './context.js';

/** The parts that a tracer needs. */
export interface TracerParts {
  /** The service name of its spans in Zipkin. */
  readonly appName: string;
  /** Takes finished spans. */
  readonly reporter: Logger;
  /** Epoch microseconds. */
  now(): number;
  /** On Kubernetes, the name of the pod. Every span gets it as a tag. */
  readonly podName?: string | undefined;
}

/**
 * Creates a tracer with 128-bit trace ids, whose context follows asynchronous code. It samples every trace that it
 * starts. In a trace that it joins, it obeys the caller's sampling decision.
 *
 * @returns the tracer, and `endSpans`, which hands unfinished spans to the reporter
 */
export function createTracing(parts: TracerParts): { readonly tracer: Tracer; endSpans(): void } {
  const { appName, reporter, now, podName } = parts;
  const batches = new BatchRecorder({
    logger: {
      logSpan(span) {
        if (podName !== undefined) span.putTag('node_id', podName); // the sidecar's spans have the same tag
        reporter.logSpan(span);
      },
    },
  });
  const tracer = new Tracer({
    // zipkin's Tracer accepts that there is no context, but its type does not say so.
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
