import { addTo } from './lists.js';
import { show } from './show.js';
import type { Endpoint, Span } from './span.js';

/** A text that is not a list of traces. The message is one line: file, place, what was seen, what was expected. */
export class TraceFileError extends Error {
  override readonly name = 'TraceFileError';
}

const expected = "expected a trace as Zipkin's UI downloads it: a JSON array of spans (API v2), or of such traces";

/** The formats of other tracing systems, by a top-level field of theirs. */
const others: Readonly<Record<string, string>> = {
  data: "a trace of Jaeger's API",
  resourceSpans: 'OpenTelemetry spans (OTLP)',
  traceEvents: 'a Chrome trace',
};

/**
 * Reads traces from a file: an array of spans, which may belong to several traces, or an array of traces. Ids and names
 * become as Zipkin keeps them: in lower case, ids of 16 or 32 digits.
 *
 * @param fileName for messages
 * @throws TraceFileError if the file has another format
 */
export function readTraces(text: string, fileName: string): Span[][] {
  const fail: Fail = (seen) => {
    throw new TraceFileError(`${fileName}: ${seen}; ${expected}`);
  };
  const content = readJson(text, fail);
  if (!Array.isArray(content)) {
    const other = Object.keys(others).find((field) => isObject(content) && field in content);
    return fail(other ? `it holds ${others[other]}` : `it holds ${show(content)}`);
  }
  if (content.length === 0) return fail('it holds no span');
  if (content.every(Array.isArray)) return content.map((trace, i) => readSpans(trace, `trace ${i + 1}, `, fail));
  const traces = new Map<string, Span[]>();
  for (const span of readSpans(content, '', fail)) addTo(traces, span.traceId.slice(-16), span);
  return [...traces.values()];
}

type Fail = (seen: string) => never;

function readJson(text: string, fail: Fail): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail(text.trim() === '' ? 'it is empty' : `it begins with ${show(text.trim())}, which is not JSON`);
  }
}

function readSpans(values: readonly unknown[], where: string, fail: Fail): Span[] {
  return values.map((value, index) => readSpan(value, (seen) => fail(`${where}span ${index + 1} ${seen}`)));
}

function readSpan(value: unknown, fail: Fail): Span {
  if (!isObject(value)) return fail(`is ${show(value)}`);
  if ('binaryAnnotations' in value) return fail("has binaryAnnotations: it is of Zipkin's API v1");
  const given = Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null && field !== ''));
  const wrong = Object.keys(fields).find((field) => !isField(given, field));
  if (wrong !== undefined || !isSpan(given)) return fail(`has the ${wrong} ${show(given[wrong ?? ''])}`);
  const span: Span = given;
  const { name, parentId, localEndpoint, remoteEndpoint } = span;
  return {
    ...span,
    traceId: span.traceId.toLowerCase().padStart(span.traceId.length > 16 ? 32 : 16, '0'),
    id: toId(span.id),
    ...(parentId && { parentId: toId(parentId) }),
    ...(name && { name: name.toLowerCase() }),
    ...(localEndpoint && { localEndpoint: lowerCased(localEndpoint) }),
    ...(remoteEndpoint && { remoteEndpoint: lowerCased(remoteEndpoint) }),
  };
}

function isField(given: Readonly<Record<string, unknown>>, field: string): boolean {
  return given[field] === undefined ? !required.has(field) : (fields[field]?.(given[field]) ?? true);
}

function isSpan(given: Readonly<Record<string, unknown>>): given is Readonly<Record<string, unknown>> & Span {
  return Object.keys(fields).every((field) => isField(given, field));
}

const toId = (id: string) => id.toLowerCase().padStart(16, '0');

function lowerCased(endpoint: Endpoint): Endpoint {
  const { serviceName } = endpoint;
  return serviceName ? { ...endpoint, serviceName: serviceName.toLowerCase() } : endpoint;
}

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const isFlag = (value: unknown) => typeof value === 'boolean';
const isId = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{1,32}$/i.test(value);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isKind = (value: unknown) => ['CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'].some((kind) => kind === value);
const isEndpoint = (value: unknown) => isObject(value) && (value.serviceName == null || isText(value.serviceName));
const areTags = (value: unknown) => isObject(value) && Object.values(value).every(isText);

const required = new Set(['traceId', 'id']);
const fields: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...{ traceId: isId, id: isId, parentId: isId, kind: isKind, name: isText, timestamp: isNumber, duration: isNumber },
  ...{ localEndpoint: isEndpoint, remoteEndpoint: isEndpoint, annotations: Array.isArray, tags: areTags },
  ...{ shared: isFlag, debug: isFlag },
};
