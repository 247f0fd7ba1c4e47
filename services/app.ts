import type { RequestListener } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Tracer } from 'zipkin';
import type { Config } from './config.js';
import type { AppLab } from './lab/routes.js';
import { onlyPaths } from './library-mends.js';
import { tracedCall, untracedCall } from './tracing/client-span.js';
import { carriedHeaders } from './tracing/propagation.js';
import type { ReportCounters } from './tracing/reporting.js';
import { serverSpan } from './tracing/server-span.js';

/** The parts that an app needs. */
export interface AppParts {
  readonly config: Config;
  readonly hostname: string;
  readonly address: string;
  readonly tracer: Tracer;
  readonly lab: AppLab;
  counters(): ReportCounters;
  /** Takes one line for each request that failed. */
  log(line: string): void;
}

/**
 * Creates the Express app of a service. The app does not listen. It traces `/trace/N` and every unknown path. It does
 * not trace `/health`, `/reporter` and the paths of the lab, and the sidecar routes no request to these.
 *
 * @returns the app, and a listener for node:http's createServer
 */
export function createApp(parts: AppParts): { readonly app: Express; readonly listener: RequestListener } {
  const { config, tracer, lab } = parts;
  const app = express();
  for (const setting of ['x-powered-by', 'etag', 'query parser']) app.set(setting, false);
  for (const setting of ['case sensitive routing', 'strict routing']) app.enable(setting);

  app.get('/health', (_request, response) => answer(response, 200, 'ok'));
  app.get('/reporter', (_request, response) => {
    response.json({ service: config.appName, endpoint: config.reportsTo.href, ...parts.counters() });
  });
  app.use(lab.routes, lab.logEntered);
  if (config.tracing === 'on') app.use(serverSpan(tracer, config.port));

  const allow = 'GET, HEAD, OPTIONS';
  app
    .route(`/trace/${config.serviceNumber}`)
    .get(hello(parts))
    .options((_request, response) => void response.writeHead(204, { allow }).end())
    .all((_request, response) => answer(response.setHeader('allow', allow), 405, 'method not allowed'));
  app.use((_request, response) => answer(response, 404, 'not found'));
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    parts.log(`a request failed: ${String(error)}`);
    if (response.headersSent) return next(error);
    answer(response, 500, 'internal error');
  });
  return { app, listener: onlyPaths(app) };
}

/** Calls the next services in parallel, then answers with the greeting. */
function hello({ config, hostname, address, tracer, lab }: AppParts) {
  const call = config.tracing === 'on' ? tracedCall(tracer, lab.inject) : untracedCall;
  const body = `Hello from behind Envoy (service ${config.serviceNumber})! hostname: ${hostname} resolvedhostname: ${address}\n`;
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(body) };

  return async (request: Request, response: Response): Promise<void> => {
    const carried = carriedHeaders(request.headers, config.tracing);
    const gone = new AbortController();
    response.once('close', () => response.writableFinished || gone.abort(new Error('client disconnected')));
    const failureOf = async (url: URL) => {
      const timeout = AbortSignal.timeout(config.nextHopTimeoutMs);
      try {
        const status = await call(lab.faults.nextHop(url), carried, AbortSignal.any([timeout, gone.signal]));
        if (status >= 200 && status < 300) return undefined;
        return { status: status === 504 ? 504 : 502, text: `the next service answered ${status}` };
      } catch {
        if (timeout.aborted) return { status: 504, text: 'the next service did not answer in time' };
        return { status: 502, text: 'the next service could not be reached or gave no valid answer' };
      }
    };
    const failures = await Promise.all(config.nextHops.map(failureOf));
    if (response.closed) return;
    const failure = failures.find((each) => each?.status === 504) ?? failures.find((each) => each !== undefined);
    if (failure) answer(response, failure.status, failure.text);
    else response.writeHead(200, headers).end(body);
  };
}

function answer(response: Response, status: number, text: string): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length + 1 };
  response.writeHead(status, headers).end(`${text}\n`);
}
