import type { Request, RequestHandler, Response } from 'express';
import type { TraceId, Tracer } from 'zipkin';
import { expressMiddleware } from 'zipkin-instrumentation-express';
import { type B3Headers, wellFormedB3 } from './b3.js';

const CLIENT_CLOSED_REQUEST = 499;
// Made out here: a function that is made beside a request keeps it in memory.
const doNothing = (): void => undefined;

/**
 * Express middleware that opens a SERVER span for each request, joins the caller's trace where its B3 is well formed, and
 * runs what follows with the span as current one. The span is named `<method> <route>`.
 *
 * zipkin-instrumentation-express does the work. It gets small stand-ins for request and response, for four reasons. It
 * joins and reports whatever B3 it is given, and Zipkin refuses a whole report for one malformed id. It parses a URL made
 * of the caller's Host header. It defines a getter on the request, which keeps everything that belongs to the request in
 * memory until a full garbage collection. And it ends the span at `finish`, when Envoy may have had the answer for a while.
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

/** What zipkin-instrumentation-express reads of a request. */
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

/** What it needs of a response. */
class SeenResponse {
  statusCode = 0;
  finish: () => void = () => undefined;
  readonly removeListener = () => undefined;

  once(_event: string, listener: () => void): void {
    this.finish = listener;
  }
}
