import { LineCounter, parseDocument } from 'yaml';
import type { SpanKind } from '../trace/span.js';

/** A text that must be equal, or an expression that must match. A shape file writes the expression as `/.../`. */
export type Pattern = string | RegExp;

/**
 * What a span must be like. A field that is absent is not checked. `within` is the longest duration in microseconds.
 */
export interface SpanPattern {
  readonly service: Pattern;
  /** `LOCAL`: a span without a kind, which is neither a call nor an answer. */
  readonly kind?: SpanKind | 'LOCAL';
  readonly shared?: boolean;
  readonly name?: Pattern;
  /** `null`: the span must not have this tag. */
  readonly tags: Readonly<Record<string, Pattern | null>>;
  readonly within?: number;
  /** The place in the shape file, for example `root.children[0]`. */
  readonly path: string;
}

/** A span that a whole trace has `min` to `max` times in this place. `max` may be Infinity. */
export interface ExpectedSpan extends SpanPattern {
  readonly times: { readonly min: number; readonly max: number };
  readonly children: readonly ExpectedSpan[];
  /** The SERVER span of one of the user's own apps, whose tracer may leave other spans. */
  readonly isOwnApp?: true;
}

/** The spans of a whole trace. */
export interface Shape {
  readonly name: string;
  readonly root: ExpectedSpan;
  /** Spans that must not occur anywhere in the trace. */
  readonly forbidden: readonly SpanPattern[];
  /** Whether spans that the shape does not mention are a fault. */
  readonly others: 'forbidden' | 'allowed';
}

/** A shape that cannot be read or written. The message is one line: file, place, what was seen, what to do. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

const kinds = ['CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER', 'LOCAL'] as const;
const patternFields = ['service', 'kind', 'shared', 'name', 'tags', 'within'];

/**
 * Reads a shape file. `fileName` is only for messages.
 *
 * ```yaml
 * name: GET /cart
 * root:
 *   service: edge
 *   kind: SERVER
 *   within: 500ms                                   # longest duration
 *   tags: { http.status_code: 200, error: null }    # null: no such tag
 *   children:
 *     - { service: /^cart-/, kind: CLIENT, name: "get /cart", times: 1..3, children: [] }
 *     - { service: cache, kind: CLIENT, times: 0..1 }
 * forbidden:
 *   - { service: legacy }
 * others: allowed                                   # default: forbidden
 * ```
 *
 * @throws ShapeError naming the place in the file
 */
export function parseShape(yamlText: string, fileName: string): Shape {
  const fail: Fail = (path, problem) => {
    throw new ShapeError(`${fileName}: ${path ? `${path} ` : ''}${problem}`);
  };
  const file = fields(readYaml(yamlText, fail), '', ['name', 'root', 'forbidden', 'others'], fail);
  const { name, others = 'forbidden' } = file;
  if (typeof name !== 'string' || name === '') return fail('name', 'is missing; say which request has this trace');
  if (others !== 'forbidden' && others !== 'allowed') {
    return fail('others', `is ${show(others)}; write forbidden or allowed`);
  }
  const root = readExpected(file.root, 'root', fail);
  if (root.times.min !== 1 || root.times.max !== 1) return fail('root.times', 'is not 1; a trace has one root');
  const forbidden = list(file.forbidden, 'forbidden', fail).map((entry, i) => {
    const path = `forbidden[${i}]`;
    return readPattern(fields(entry, path, patternFields, fail), path, fail);
  });
  return { name, root, forbidden, others };
}

/** The smallest number of spans in a whole trace of this shape. */
export function countExpected(shape: Shape): number {
  const count = ({ times, children }: ExpectedSpan): number =>
    times.min * children.reduce((sum, child) => sum + count(child), 1);
  return count(shape.root);
}

/** A part of a shape and all parts below it, in the order of the shape. */
export function allParts(part: ExpectedSpan): ExpectedSpan[] {
  return [part, ...part.children.flatMap(allParts)];
}

type Fail = (path: string, problem: string) => never;
type Fields = Readonly<Record<string, unknown>>;

function readYaml(text: string, fail: Fail): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (error) return fail(`line ${lineCounter.linePos(error.pos[0]).line}`, `is not YAML: ${firstLine(error.message)}`);
  try {
    return document.toJS();
  } catch (cause) {
    return fail('', `is not YAML: ${firstLine(String(cause))}`);
  }
}

function readExpected(value: unknown, path: string, fail: Fail): ExpectedSpan {
  const given = fields(value, path, [...patternFields, 'times', 'children'], fail);
  const children = list(given.children, `${path}.children`, fail);
  return {
    ...readPattern(given, path, fail),
    times: readTimes(given.times, `${path}.times`, fail),
    children: children.map((child, i) => readExpected(child, `${path}.children[${i}]`, fail)),
  };
}

function readPattern(given: Fields, path: string, fail: Fail): SpanPattern {
  const { service, shared, name, within } = given;
  const kind = kinds.find((known) => known === given.kind);
  if (given.kind !== undefined && !kind)
    fail(`${path}.kind`, `is ${show(given.kind)}; write one of ${kinds.join(', ')}`);
  if (shared !== undefined && typeof shared !== 'boolean') {
    return fail(`${path}.shared`, `is ${show(shared)}; write true or false`);
  }
  const tags = Object.entries(given.tags === undefined ? {} : mapping(given.tags, `${path}.tags`, fail));
  return {
    service: readName(service, `${path}.service`, fail),
    tags: Object.fromEntries(
      tags.map(([tag, text]) => [tag, text === null ? null : readText(text, `${path}.tags.${tag}`, fail)]),
    ),
    path,
    ...(kind && { kind }),
    ...(shared !== undefined && { shared }),
    ...(name !== undefined && { name: readName(name, `${path}.name`, fail) }),
    ...(within !== undefined && { within: readDuration(within, `${path}.within`, fail) }),
  };
}

/** Zipkin keeps service and span names in lower case. */
function readName(value: unknown, path: string, fail: Fail): Pattern {
  const pattern = readText(value, path, fail);
  return typeof pattern === 'string' ? pattern.toLowerCase() : new RegExp(pattern.source, 'iu');
}

function readText(value: unknown, path: string, fail: Fail): Pattern {
  if (value === undefined || value === null || value === '') return fail(path, 'is missing; write a text or /pattern/');
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return fail(path, `is ${show(value)}; write a text or /pattern/`);
  const source = /^\/(.+)\/$/.exec(value)?.[1];
  if (source === undefined) return value;
  try {
    return new RegExp(source, 'u');
  } catch (cause) {
    return fail(path, `is ${value}, which is not a regular expression: ${firstLine(String(cause))}`);
  }
}

function readTimes(value: unknown, path: string, fail: Fail): ExpectedSpan['times'] {
  if (value === undefined) return { min: 1, max: 1 };
  const [, least, most] = /^(\d{1,6})(?:\.\.(\d{1,6}|\*))?$/.exec(String(value)) ?? [];
  const min = Number(least);
  const max = most === '*' ? Number.POSITIVE_INFINITY : Number(most ?? least);
  return max >= Math.max(min, 1) ? { min, max } : fail(path, `is ${show(value)}; write 3, 0..1, 1..* or the like`);
}

function readDuration(value: unknown, path: string, fail: Fail): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(us|µs|ms|s)$/.exec(String(value)) ?? [];
  if (amount === undefined) return fail(path, `is ${show(value)}; write 800us, 250ms or 2s`);
  return Number(amount) * (unit === 's' ? 1e6 : unit === 'ms' ? 1e3 : 1);
}

function fields(value: unknown, path: string, known: readonly string[], fail: Fail): Fields {
  const given = mapping(value, path, fail);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return given;
  return fail(path ? `${path}.${unknown}` : unknown, `is not known here; write one of ${known.join(', ')}`);
}

function mapping(value: unknown, path: string, fail: Fail): Fields {
  if (value === undefined) return fail(path, 'is missing');
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  return fail(path, `is ${show(value)}; write a mapping`);
}

function list(value: unknown, path: string, fail: Fail): readonly unknown[] {
  if (value === undefined || Array.isArray(value)) return value ?? [];
  return fail(path, `is ${show(value)}; write a list`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
