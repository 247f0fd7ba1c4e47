import { BatchRecorder, type Context, model, type Recorder, type TraceId, Tracer } from 'zipkin';
import type { ReporterConfig } from './config.js';
import type { Lab } from './lab.js';
import { type ReporterCounters, SpanReporter } from './span-reporter.js';
import { AsyncTraceContext } from './trace-context.js';
import { createWallClock } from './wall-clock.js';

/** The tag by which an Envoy says which one of its service it is (--service-node); one query finds a pod's spans. */
const NODE_ID = 'node_id';

/** A running app's tracing: where spans are made, where they went, and how to let none behind. */
export interface Tracing {
  readonly tracer: Tracer;
  counters(): ReporterCounters;
  /** Reports unfinished spans too and waits, until `deadline` (epoch milliseconds), for Zipkin to have them all. */
  flush(deadline: number): Promise<void>;
}

/**
 * A tracer with 128-bit trace ids whose context follows asynchronous code. It samples every trace that it starts; in
 * a trace that it joins, the caller's decision holds.
 *
 * @param appName the service name of its spans in Zipkin
 * @param recorder takes what spans consist of
 * @param lab may put the clock wrong
 */
export function createTracer(appName: string, recorder: Recorder, lab?: Lab): Tracer {
  const now = createWallClock();
  return new Tracer({
    // zipkin's type leaves out what its Tracer handles: there may be no context.
    ctxImpl: new AsyncTraceContext<TraceId>() as Context<TraceId>,
    recorder: {
      record(record) {
        record.timestamp = now() + (lab?.clockOffset ?? 0);
        recorder.record(record);
      },
    },
    localEndpoint: new model.Endpoint({ serviceName: appName }),
    traceId128Bit: true,
  });
}

/**
 * The app's tracing: tracer → BatchRecorder → SpanReporter → Zipkin.
 *
 * @param appName the service name of its spans in Zipkin
 * @param config where spans go and the reporter's bounds
 * @param log takes one line for each change of the reporter's state
 * @param lab may keep spans from being reported, or falsify them
 */
export function createTracing(appName: string, config: ReporterConfig, log: (line: string) => void, lab: Lab): Tracing {
  const reporter = new SpanReporter(config, log);
  const logSpan = (span: model.Span): void => {
    if (config.podName !== undefined) span.putTag(NODE_ID, config.podName);
    if (lab.report(span)) reporter.logger.logSpan(span);
  };
  const recorder = new BatchRecorder({ logger: { logSpan } });
  return {
    tracer: createTracer(appName, recorder, lab),
    counters: () => reporter.counters(),
    async flush(deadline) {
      recorder.flush();
      await reporter.flush(deadline);
    },
  };
}
