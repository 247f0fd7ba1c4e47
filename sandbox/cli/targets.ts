import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option } from 'commander';
import { ZipkinClient } from '../observe/zipkin-client.js';
import type { Model } from '../topology/model.js';
import { shapeOf } from '../topology/model-shape.js';
import { findSandbox, type RunningSandbox } from '../topology/running-sandbox.js';
import { isThisMachine } from '../topology/this-machine.js';
import { readTraces } from '../trace/read-traces.js';
import type { Span } from '../trace/span.js';
import { parseShape, type Shape } from '../verdict/shape.js';
import { UsageError } from './exit-code.js';
import { cache, root } from './project.js';

/** The system that a command works on: that of the options, otherwise the sandbox that runs here. */
export interface Targets {
  readonly frontUrl: string;
  readonly zipkinUrl: string;
  /** The sandbox that runs here, if the front proxy is its own. */
  readonly sandbox: RunningSandbox | undefined;
}

/** Whether two URLs lead to the same listener, as far as that is known without a request. */
function isSameListener(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)];
  const isSameHost = a.hostname === b.hostname || (isThisMachine(a.hostname) && isThisMachine(b.hostname));
  return isSameHost && a.port === b.port && a.protocol === b.protocol;
}

function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It must be a URL like http://localhost:8000.');
  }
  return text.replace(/\/$/, '');
}

/** Reads a trace id, also in the form of AWS X-Ray, `1-<8 digits>-<24 digits>`. */
function readTraceId(text: string): string {
  const id = text.toLowerCase().replace(/^1-([0-9a-f]{8})-([0-9a-f]{24})$/, '$1$2');
  if (!/^[0-9a-f]{1,32}$/.test(id)) throw new InvalidArgumentError('It must be 1 to 32 hex digits.');
  return id;
}

/** A trace that is stored already. */
export interface StoredOptions {
  readonly id?: string;
  readonly file?: string;
}

export const urlOption = () =>
  new Option('--url <url>', 'the front proxy (default: that of the running sandbox)').argParser(httpUrl);
export const zipkinOption = () =>
  new Option('--zipkin <url>', 'Zipkin (default: that of the running sandbox)').argParser(httpUrl);
export const idOption = (does: string) => new Option('--id <trace id>', does).argParser(readTraceId);
export const fileOption = (does: string) =>
  new Option('--file <file>', `${does}: one trace as Zipkin's UI downloads it, or several`);
export const jsonOption = () => new Option('--json', 'print the result as one JSON document');

/** @throws Error if an address is missing and no sandbox runs here */
export async function findTargets(given: { readonly url?: string; readonly zipkin?: string }): Promise<Targets> {
  const finding = findSandbox(root, cache, process.env);
  const sandbox = await (given.url && given.zipkin ? finding.catch(() => undefined) : finding);
  const frontUrl = given.url ?? sandbox?.frontUrl ?? '';
  const isOwn = sandbox && isSameListener(sandbox.frontUrl, frontUrl);
  return { frontUrl, zipkinUrl: given.zipkin ?? sandbox?.zipkinUrl ?? '', sandbox: isOwn ? sandbox : undefined };
}

/** @returns the Zipkin of the options, otherwise that of the sandbox that runs here */
export async function zipkinOf({ zipkin }: { readonly zipkin?: string }): Promise<ZipkinClient> {
  return new ZipkinClient(zipkin ?? (await findTargets({})).zipkinUrl);
}

/** @throws UsageError if the file cannot be read or has no traces */
export async function readTraceFile(file: string): Promise<Span[][]> {
  try {
    return readTraces(await readFile(file, 'utf8'), file);
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error ? `${file} cannot be read (${error.code}); name a JSON file` : '';
    throw new UsageError(code || (error instanceof Error ? error.message : String(error)));
  }
}

/** @throws UsageError that says why the spans of a request for this path are not known */
export function requireShape(model: Model, path: string): Shape {
  const { shape, why } = shapeOf(model, path);
  if (shape) return shape;
  throw new UsageError(
    `cannot tell which spans ${path} leaves: ${why}; give another path, or a shape with --expect FILE`,
  );
}

/** @throws UsageError if the file cannot be read, ShapeError if it is not a shape */
export async function readShape(file: string): Promise<Shape> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code}); name a shape file, or write one with --record`);
  });
  return parseShape(text, file);
}
