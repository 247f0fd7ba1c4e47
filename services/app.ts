import type { RequestListener, ServerResponse } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Tracer } from 'zipkin';
import { expressMiddleware } from 'zipkin-instrumentation-express';
import { guardB3 } from './b3-guard.js';
import { limitBody } from './body-limit.js';
import type { Config } from './config.js';
import { CallTimeout, createHttpClient, createUntracedClient, type HttpClient } from './http-client.js';
import { type AppFault, appFaults, type Lab } from './lab.js';
import { carriedHeaders, headerLogLine, type Inject } from './propagation.js';
import type { ReporterCounters } from './span-reporter.js';

/** What an app is made of. `log` takes what went wrong, `headerLog` the lines of TRACE_LOG=headers. */
export interface AppParts {
  readonly config: Config;
  readonly hostname: string;
  readonly address: string;
  readonly tracer: Tracer;
  counters(): ReporterCounters;
  log(line: string): void;
  headerLog(line: string): void;
  readonly lab: Lab;
}

const CLIENT_CLOSED_REQUEST = 499;
const ALLOWED = 'GET, HEAD, OPTIONS';

/**
 * The Express app of a service: routes only, it never listens. `/trace/N` is traced, and so is every wrong path;
 * `/health`, `/reporter`, `/lab/FAULT` and `/header-log/on` leave no trace; the sidecar routes none of them.
 *
 * @returns a listener for node:http's createServer
 */
export function createApp(parts: AppParts): RequestListener {
  const { config, tracer } = parts;
  const app = express();
  const headerLog = { on: config.logTraceHeaders };
  const client =
    config.tracing === 'on' ? createHttpClient(tracer, loggedInject(parts, headerLog)) : createUntracedClient();
  for (const setting of ['x-powered-by', 'etag', 'query parser']) app.set(setting, false);
  for (const setting of ['case sensitive routing', 'strict routing']) app.enable(setting);

  app.get('/health', (_request, response) => answer(response, 200, 'ok'));
  app.get('/reporter', (_request, response) => {
    response.json({ service: config.appName, endpoint: config.reporter.endpoint.href, ...parts.counters() });
  });
  app.post('/lab/:fault', (request, response) => {
    const fault = request.params.fault as AppFault;
    const directUrl = new URL(request.url, 'http://app').searchParams.get('direct') ?? undefined;
    if (!appFaults.includes(fault)) return answer(response, 404, `no such fault; there are ${appFaults.join(', ')}`);
    if (directUrl !== undefined && !URL.canParse(directUrl)) return answer(response, 400, 'direct is not a URL');
    parts.lab.apply(fault, directUrl === undefined ? undefined : new URL(directUrl));
    return answer(response, 200, fault);
  });

  app.post('/header-log/:switch', (request, response) => {
    headerLog.on = request.params.switch === 'on';
    return answer(response, 200, headerLog.on ? 'on' : 'off');
  });

  app.use((request, _response, next) => {
    if (headerLog.on) parts.headerLog(headerLogLine(config.appName, 'in', (name) => request.headers[name]?.toString()));
    next();
  });
  if (config.tracing === 'on') {
    app.use(guardB3, hideHost, expressMiddleware({ tracer, port: config.port }), endSpanInTime(tracer));
  }

  app
    .route(`/trace/${config.serviceNumber}`)
    .get(hello(parts, client))
    .options((_request, response) => {
      response.writeHead(204, { allow: ALLOWED }).end();
    })
    .all((_request, response) => {
      response.setHeader('allow', ALLOWED);
      answer(response, 405, 'method not allowed');
    });
  app.use((_request, response) => answer(response, 404, 'not found'));
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    parts.log(`a request failed: ${String(error)}`);
    if (response.headersSent) return next(error);
    return answer(response, 500, 'internal error');
  });

  return limitBody((request, response) => {
    // Express and zipkin read a target with url.parse, which throws, or takes a part of the host for the path, unless
    // the target is a plain path. Envoy sends nothing else.
    if (request.url?.startsWith('/')) app(request, response);
    else answer(response, 400, 'bad request');
  });
}

function hello({ config, hostname, address, lab }: AppParts, call: HttpClient) {
  const body = `Hello from behind Envoy (service ${config.serviceNumber})! hostname: ${hostname} resolvedhostname: ${address}\n`;
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(body) };
  const { nextHop, tracing } = config;

  return async (request: Request, response: Response): Promise<void> => {
    if (nextHop !== undefined) {
      const carried = carriedHeaders(request.headers, tracing);
      const failure = await nextHopFailure(call, lab.nextHop(nextHop.url), nextHop.timeoutMs, carried, response);
      if (response.closed) return;
      if (failure !== undefined) return answer(response, failure.status, failure.text);
    }
    response.writeHead(200, headers).end(body);
  };
}

async function nextHopFailure(
  call: HttpClient,
  url: URL,
  timeoutMs: number,
  headers: Record<string, string>,
  response: Response,
): Promise<{ readonly status: 502 | 504; readonly text: string } | undefined> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort(new Error('client disconnected'));
  response.once('close', onClose);
  try {
    const { status } = await call(url, { headers, timeoutMs, signal: gone.signal });
    if (status >= 200 && status < 300) return undefined;
    return { status: status === 504 ? 504 : 502, text: `the next service answered ${status}` };
  } catch (error) {
    if (error instanceof CallTimeout) return { status: 504, text: 'the next service did not answer in time' };
    return { status: 502, text: 'the next service could not be reached or gave no valid answer' };
  } finally {
    response.removeListener('close', onClose);
  }
}

function answer(response: ServerResponse, status: number, text: string): void {
  const body = `${text}\n`;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': body.length }).end(body);
}

/** The Host header is the caller's: url.parse, which zipkin's middleware uses, mixes an odd one with the path. */
function hideHost(request: Request, _response: Response, next: NextFunction): void {
  request.headers.host = 'localhost';
  next();
}

/**
 * Mends when zipkin's middleware, which comes right before, ends its span. It waits for `finish`: by then Envoy may have
 * had the answer for a while, and the span would outlast its parent. `prefinish` is when the app is done. And it records
 * 200 when the client goes before the answer is out.
 */
function endSpanInTime(tracer: Tracer) {
  return (_request: Request, response: Response, next: NextFunction): void => {
    const span = tracer.id;
    const endSpan = response.listeners('finish').at(-1);
    response.once('prefinish', () => endSpan?.call(response));
    response.prependOnceListener('close', () => {
      if (response.writableFinished) return;
      response.statusCode = CLIENT_CLOSED_REQUEST;
      tracer.letId(span, () => tracer.recordMessage('client disconnected'));
    });
    next();
  };
}

function loggedInject({ config, lab, ...parts }: AppParts, headerLog: { readonly on: boolean }): Inject {
  return (span, headers) => {
    lab.inject(span, headers);
    if (headerLog.on) parts.headerLog(headerLogLine(config.appName, 'out', (name) => headers.get(name)));
  };
}
