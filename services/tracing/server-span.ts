import type { Request, RequestHandler, Response } from 'express';
import type { TraceId, Tracer } from 'zipkin';
import { expressMiddleware } from 'zipkin-instrumentation-express';
import { type B3Headers, wellFormedB3 } from './b3.js';

const CLIENT_CLOSED_REQUEST = 499;
// Declared at the top level, because a function that is created beside a request keeps the request in memory.
const doNothing = (): void => undefined;

/**
 * Express middleware that opens a SERVER span for each request. It joins the caller's trace where the B3 headers are
 * well formed, and runs the following handlers with the span as the current one. The span is named `<method> <route>`.
 *
 * zipkin-instrumentation-express makes the span. It gets small stand-ins for request and response, for four reasons:
 * - It joins and reports malformed B3, and Zipkin refuses a whole report because of one malformed id.
 * - It parses a URL that contains the caller's Host header.
 * - It defines a getter on the request, which keeps the request in memory until a full garbage collection.
 * - It ends the span at `finish`, up to milliseconds after Envoy got the answer. Here the span ends at `prefinish`.
 *
 * @param port the port of the span's local endpoint
 */
export function serverSpan(tracer: Tracer, port: number): RequestHandler {
  const openSpan = expressMiddleware({ tracer, port });
  return (request, response, next) => {
    const seenRequest = new SeenRequest(request.method, request.originalUrl, wellFormedB3(request.headers));
    const seenResponse = new SeenResponse();
    openSpan(seenRequest as unknown as Request, seenResponse as unknown as Response, doNothing);
    const span = seenRequest._trace_id;
    let ended = false;
    const end = (statusCode: number): void => {
      ended = true;
      seenRequest.route = request.route;
      seenResponse.statusCode = statusCode;
      seenResponse.finish();
    };
    response.once('prefinish', () => end(response.statusCode));
    response.once('close', () => {
      if (ended) return;
      tracer.letId(span, () => tracer.recordMessage('client disconnected'));
      end(CLIENT_CLOSED_REQUEST);
    });
    tracer.letId(span, next);
  };
}

/** The part of a request that zipkin-instrumentation-express reads. */
class SeenRequest {
  declare readonly _trace_id: TraceId;
  readonly protocol = 'http';
  readonly get = () => 'localhost';
  route: unknown;

  constructor(
    readonly method: string,
    readonly originalUrl: string,
    private readonly b3: B3Headers,
  ) {}

  header(name: string): string | undefined {
    return this.b3[name.toLowerCase() as keyof B3Headers];
  }
}

/** The part of a response that zipkin-instrumentation-express uses. */
class SeenResponse {
  statusCode = 0;
  finish: () => void = () => undefined;
  readonly removeListener = () => undefined;

  once(_event: string, listener: () => void): void {
    this.finish = listener;
  }
}
