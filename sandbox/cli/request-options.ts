import { InvalidArgumentError, Option } from 'commander';
import { quietMsOf, type TraceWait } from '../observe/collect.js';
import { longestReportMs } from '../observe/judged-trace.js';
import { type TracedRequest, withContext } from '../observe/send.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';

/** The request that a command sends, and how long it waits for its trace. */
export interface RequestOptions {
  readonly method?: string;
  readonly header: Record<string, string>;
  readonly data?: string;
  /** Seconds. */
  readonly wait?: number;
}

/** Reads `Name: value` as a header, for an option that can be repeated. */
function collectHeader(text: string, headers: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("It must read 'Name: value'.");
  return { ...headers, [name]: value };
}

function seconds(text: string): number {
  if (!/^\d{1,4}(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It must be a number of seconds.');
  return Number(text);
}

export const methodOption = () =>
  new Option('-X, --method <method>', 'the HTTP method (default: GET; POST with --data)');
export const headerOption = () =>
  new Option('-H, --header <header>', "a request header 'Name: value'; may be repeated")
    .argParser(collectHeader)
    .default({}, 'none');
export const dataOption = () =>
  new Option('-d, --data <text>', 'the request body; sent as a form unless you set the header Content-Type');
export const waitOption = () =>
  new Option(
    '--wait <seconds>',
    `how long to wait for late spans (default: ${longestReportMs / 1000}; less for this sandbox)`,
  ).argParser(seconds);

/** @returns the request of the options, as curl would send it */
export function requestOf(url: URL, { method, header, data }: RequestOptions): TracedRequest {
  if (data === undefined) return { url, method: method ?? 'GET', headers: header };
  const isTyped = Object.keys(header).some((name) => name.toLowerCase() === 'content-type');
  const type = isTyped ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  return { url, method: method ?? 'POST', headers: { ...type, ...header }, body: data };
}

/** @returns the request with a context to join if it goes to another system, whose answer may have no trace id */
export function toOwn(request: TracedRequest, sandbox: RunningSandbox | undefined): TracedRequest {
  return sandbox ? request : withContext(request);
}

/** @returns how long to wait for a trace whose shape is not known */
export function waitOf({ wait }: RequestOptions, sandbox: RunningSandbox | undefined): TraceWait {
  const limitMs = wait === undefined ? longestReportMs : wait * 1000;
  return { limitMs, ...(sandbox && wait === undefined ? { quietMs: quietMsOf(sandbox) } : {}) };
}
