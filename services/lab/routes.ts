import { type RequestHandler, Router } from 'express';
import { type Inject, traceHeaders } from '../tracing/propagation.js';
import { appFaults, Lab } from './faults.js';

/** The faults and the header log of one app. Requests to the lab are not traced. */
export interface AppLab {
  readonly faults: Lab;
  /** `POST /lab/FAULT?direct=URL` and `POST /header-log/on`. */
  readonly routes: RequestHandler;
  /** Logs the trace headers of an incoming request. */
  readonly logEntered: RequestHandler;
  /** Injects the context, with the fault, and logs the trace headers of the outgoing request. */
  readonly inject: Inject;
}

/**
 * Creates the lab of an app. No fault is on, and the header log is off.
 *
 * @param headerLog takes the lines of the header log: JSON `{at, direction, requestId, headers}`. requestId is null when
 *   there was none.
 */
export function createLab(appName: string, headerLog: (line: string) => void): AppLab {
  const faults = new Lab();
  const routes = Router();
  let isLogging = false;

  function log(direction: 'in' | 'out', header: (name: string) => string | null | undefined): void {
    if (!isLogging) return;
    const headers = Object.fromEntries(traceHeaders.map((name) => [name, header(name) ?? undefined]));
    headerLog(JSON.stringify({ at: appName, direction, requestId: headers['x-request-id'] ?? null, headers }));
  }

  routes.post('/lab/:fault', (request, response) => {
    const fault = appFaults.find((each) => each === request.params.fault);
    const direct = new URL(request.url, 'http://app').searchParams.get('direct');
    if (!fault) {
      response
        .status(404)
        .type('text')
        .send(`no such fault; there are ${appFaults.join(', ')}\n`);
    } else if (direct !== null && !URL.canParse(direct)) {
      response.status(400).type('text').send('direct is not a URL\n');
    } else {
      faults.apply(fault, direct === null ? undefined : new URL(direct));
      response.type('text').send(`${fault}\n`);
    }
  });
  routes.post('/header-log/:switch', (request, response) => {
    isLogging = request.params.switch === 'on';
    response.type('text').send(isLogging ? 'on\n' : 'off\n');
  });

  return {
    faults,
    routes,
    logEntered(request, _response, next) {
      log('in', (name) => request.headers[name]?.toString());
      next();
    },
    inject(span, headers) {
      faults.inject(span, headers);
      log('out', (name) => headers.get(name));
    },
  };
}
