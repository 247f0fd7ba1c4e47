import { LineCounter, parseDocument } from 'yaml';
import { show } from '../trace/show.js';
import { type ExpectedSpan, type Pattern, type Shape, ShapeError, type SpanPattern } from './shape.js';

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
  const file = readYaml(yamlText, fileName).only('name', 'root', 'forbidden', 'others');
  const { name, others = 'forbidden' } = file.fields;
  if (typeof name !== 'string' || name === '') {
    return file.at('name').fail('is missing; say which request has this trace');
  }
  if (others !== 'forbidden' && others !== 'allowed') return file.at('others').refuse('write forbidden or allowed');
  const root = readExpected(file.at('root'));
  if (root.times.min !== 1 || root.times.max !== 1)
    return file.at('root').at('times').fail('is not 1; a trace has one root');
  const forbidden = file.at('forbidden').items.map((pattern) => readPattern(pattern.only(...patternFields)));
  return { name, root, forbidden, others };
}

/** A value of the file and its place. */
class Given {
  constructor(
    readonly value: unknown,
    readonly path: string,
    readonly fileName: string,
  ) {}

  fail(problem: string): never {
    throw new ShapeError(`${this.fileName}: ${this.path ? `${this.path} ` : ''}${problem}`);
  }

  /** Fails because of the value that was given. */
  refuse(todo: string): never {
    return this.fail(`is ${show(this.value)}; ${todo}`);
  }

  get fields(): Readonly<Record<string, unknown>> {
    const { value } = this;
    if (value === undefined) return this.fail('is missing');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.refuse('write a mapping');
    return { ...value };
  }

  get items(): readonly Given[] {
    const { value = [], path, fileName } = this;
    if (!Array.isArray(value)) return this.refuse('write a list');
    return value.map((item, i) => new Given(item, `${path}[${i}]`, fileName));
  }

  at(field: string): Given {
    return new Given(this.fields[field], this.path ? `${this.path}.${field}` : field, this.fileName);
  }

  /** Fails if there is another field. */
  only(...known: readonly string[]): Given {
    const unknown = Object.keys(this.fields).find((field) => !known.includes(field));
    if (unknown === undefined) return this;
    return this.at(unknown).fail(`is not known here; write one of ${known.join(', ')}`);
  }
}

function readYaml(text: string, fileName: string): Given {
  const file = new Given(undefined, '', fileName);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const { line } = lineCounter.linePos(error.pos[0]);
    return file.fail(`line ${line} is not YAML: ${firstLine(error.message)}`);
  }
  try {
    return new Given(document.toJS(), '', fileName);
  } catch (cause) {
    return file.fail(`is not YAML: ${firstLine(String(cause))}`);
  }
}

function readExpected(given: Given): ExpectedSpan {
  const { items } = given.only(...patternFields, 'times', 'children').at('children');
  return { ...readPattern(given), times: readTimes(given.at('times')), children: items.map(readExpected) };
}

function readPattern(given: Given): SpanPattern {
  const [shared, name, within, tags] = [given.at('shared'), given.at('name'), given.at('within'), given.at('tags')];
  const kind = kinds.find((known) => known === given.at('kind').value);
  if (!kind && given.at('kind').value !== undefined) given.at('kind').refuse(`write one of ${kinds.join(', ')}`);
  if (shared.value !== undefined && typeof shared.value !== 'boolean') return shared.refuse('write true or false');
  const tagNames = tags.value === undefined ? [] : Object.keys(tags.fields);
  const readTag = (tag: string) => [tag, tags.at(tag).value === null ? null : readText(tags.at(tag))] as const;
  return {
    service: readName(given.at('service')),
    tags: Object.fromEntries(tagNames.map(readTag)),
    path: given.path,
    ...(kind && { kind }),
    ...(shared.value !== undefined && { shared: shared.value }),
    ...(name.value !== undefined && { name: readName(name) }),
    ...(within.value !== undefined && { within: readDuration(within) }),
  };
}

/** Makes a name lower-case, as Zipkin keeps service and span names. */
function readName(given: Given): Pattern {
  const pattern = readText(given);
  return typeof pattern === 'string' ? pattern.toLowerCase() : new RegExp(pattern.source, 'iu');
}

function readText(given: Given): Pattern {
  const { value = null } = given;
  if (value === null || value === '') return given.fail('is missing; write a text or /pattern/');
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return given.refuse('write a text or /pattern/');
  const source = /^\/(.+)\/$/.exec(value)?.[1];
  if (source === undefined) return value;
  try {
    return new RegExp(source, 'u');
  } catch (cause) {
    return given.fail(`is ${value}, which is not a regular expression: ${firstLine(String(cause))}`);
  }
}

function readTimes(given: Given): ExpectedSpan['times'] {
  const { value = 1 } = given;
  const [, least, most] = /^(\d{1,6})(?:\.\.(\d{1,6}|\*))?$/.exec(String(value)) ?? [];
  const min = Number(least);
  const max = most === '*' ? Number.POSITIVE_INFINITY : Number(most ?? least);
  return max >= Math.max(min, 1) ? { min, max } : given.refuse('write 3, 0..1, 1..* or the like');
}

function readDuration(given: Given): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(us|µs|ms|s)$/.exec(String(given.value)) ?? [];
  if (amount === undefined) return given.refuse('write 800us, 250ms or 2s');
  return Number(amount) * (unit === 's' ? 1e6 : unit === 'ms' ? 1e3 : 1);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
