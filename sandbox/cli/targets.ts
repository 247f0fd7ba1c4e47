import { readFile } from 'node:fs/promises';
import { ZipkinClient } from '../observe/zipkin-client.js';
import type { Model } from '../topology/model.js';
import { shapeOf } from '../topology/model-shape.js';
import { readModel } from '../topology/read-model.js';
import { findSandbox, type RunningSandbox } from '../topology/running-sandbox.js';
import { isThisMachine } from '../topology/this-machine.js';
import { readTraces } from '../trace/read-traces.js';
import type { Span } from '../trace/span.js';
import { parseShape } from '../verdict/parse-shape.js';
import type { Shape } from '../verdict/shape.js';
import { UsageError } from './exit-code.js';
import { cache, root } from './project.js';

/** The system that a command works on: that of the options, otherwise the sandbox that runs here. */
export interface Targets {
  readonly frontUrl: string;
  readonly zipkin: ZipkinClient;
  /** The sandbox that runs here, if the front proxy is its own. */
  readonly sandbox: RunningSandbox | undefined;
}

/** Whether two URLs lead to the same listener, as far as that is known without a request. */
function isSameListener(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)];
  const isSameHost = a.hostname === b.hostname || (isThisMachine(a.hostname) && isThisMachine(b.hostname));
  return isSameHost && a.port === b.port && a.protocol === b.protocol;
}

/** @throws Error if an address is missing and no sandbox runs here */
export async function findTargets(given: { readonly url?: string; readonly zipkin?: string }): Promise<Targets> {
  const finding = findSandbox(root, cache, process.env);
  const found = await (given.url && given.zipkin ? finding.catch(() => undefined) : finding);
  const frontUrl = given.url ?? found?.frontUrl ?? '';
  const sandbox = found && isSameListener(found.frontUrl, frontUrl) ? found : undefined;
  return { frontUrl, zipkin: new ZipkinClient(given.zipkin ?? found?.zipkinUrl ?? ''), sandbox };
}

/** @returns the Zipkin of the options, otherwise that of the sandbox that runs here */
export async function zipkinOf({ zipkin }: { readonly zipkin?: string }): Promise<ZipkinClient> {
  return zipkin === undefined ? (await findTargets({})).zipkin : new ZipkinClient(zipkin);
}

/** @returns the model of the sandbox that runs here, otherwise that of this folder */
export async function modelOf({ sandbox }: Targets): Promise<Model> {
  return sandbox?.model ?? readModel(root, process.env);
}

function read(file: string, todo: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code}); ${todo}`);
  });
}

/** @throws UsageError if the file cannot be read or has no traces */
export async function readTraceFile(file: string): Promise<Span[][]> {
  const text = await read(file, 'name a JSON file');
  try {
    return readTraces(text, file);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
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
  return parseShape(await read(file, 'name a shape file, or write one with --record'), file);
}
