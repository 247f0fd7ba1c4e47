import { type TraceWait, untilReported } from '../observe/collect.js';
import { longestReportMs } from '../observe/judged-trace.js';
import { type TracedRequest, withContext } from '../observe/send.js';
import type { RequestOptions } from './options.js';
import type { Targets } from './targets.js';

/** @returns the request of the options, as curl would send it */
export function requestOf(
  { frontUrl }: Targets,
  path: string,
  { method, header, data }: RequestOptions,
): TracedRequest {
  const url = new URL(frontUrl + path);
  if (data === undefined) return { url, method: method ?? 'GET', headers: header };
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...header };
  return { url, method: method ?? 'POST', headers, body: data };
}

/** @returns the request with a trace context, unless it goes to this sandbox. Another system may answer without a trace id */
export function toOwn(request: TracedRequest, { sandbox }: Targets): TracedRequest {
  return sandbox ? request : withContext(request);
}

/** @returns how long to wait for a trace whose shape is not known */
export function waitOf({ wait }: RequestOptions, { sandbox }: Targets): TraceWait {
  const limitMs = wait ?? longestReportMs;
  return { limitMs, ...(sandbox && wait === undefined ? untilReported(sandbox) : {}) };
}
