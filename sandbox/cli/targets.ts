import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { Model } from '../topology/model.js';
import { shapeOf } from '../topology/model-shape.js';
import { readModel } from '../topology/read-model.js';
import { findSandbox, type RunningSandbox } from '../topology/running-sandbox.js';
import { parseShape, type Shape } from '../verdict/shape.js';
import { UsageError } from './exit-code.js';
import { cache, root } from './project.js';

/** Where a command works: given by options, else the sandbox that runs here. */
export interface Targets {
  readonly frontUrl: string;
  readonly zipkinUrl: string;
  /** The sandbox that runs here, where the front is its own. */
  readonly sandbox: RunningSandbox | undefined;
}

const loopback = /^(127\.0\.0\.1|localhost|\[::1\])$/;

/** Whether two URLs lead to one listener, as far as can be told without asking. */
function isSameListener(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)];
  const isSameHost = a.hostname === b.hostname || (loopback.test(a.hostname) && loopback.test(b.hostname));
  return isSameHost && a.port === b.port && a.protocol === b.protocol;
}

function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It must be a URL like http://localhost:8000.');
  }
  return text.replace(/\/$/, '');
}

export const urlOption = () =>
  new Option('--url <url>', 'the front proxy (default: the sandbox that runs here)').argParser(httpUrl);
export const zipkinOption = () =>
  new Option('--zipkin <url>', 'Zipkin (default: that of the sandbox that runs here)').argParser(httpUrl);
export const jsonOption = () => new Option('--json', 'print one JSON document, for a program');

/** @throws Error where an address is not given and no sandbox runs here */
export async function findTargets(given: { readonly url?: string; readonly zipkin?: string }): Promise<Targets> {
  const finding = findSandbox(root, cache, process.env);
  const sandbox = await (given.url && given.zipkin ? finding.catch(() => undefined) : finding);
  const frontUrl = given.url ?? sandbox?.frontUrl ?? '';
  const isOwn = sandbox && isSameListener(sandbox.frontUrl, frontUrl);
  return { frontUrl, zipkinUrl: given.zipkin ?? sandbox?.zipkinUrl ?? '', sandbox: isOwn ? sandbox : undefined };
}

/** @returns the spans that a GET request of this path leaves in the sandbox, where that is known */
export async function ownShape(path: string): Promise<Shape | undefined> {
  return shapeOf(await readModel(root, process.env), path).shape;
}

/** @throws UsageError that says why it is not known which spans a request of this path leaves */
export function requireShape(model: Model, path: string): Shape {
  const { shape, why } = shapeOf(model, path);
  if (shape) return shape;
  throw new UsageError(
    `it is not known which spans ${path} leaves: ${why}; give a path that is known, or --expect FILE`,
  );
}

/** @throws UsageError where the file cannot be read, ShapeError where it is no shape */
export async function readShape(file: string): Promise<Shape> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code}); name a shape file, or write one with --record`);
  });
  return parseShape(text, file);
}
