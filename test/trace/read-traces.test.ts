import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTraces, TraceFileError } from '../../sandbox/trace/read-traces.js';

const [a, b] = [
  { traceId: 'A', id: 'B', name: 'GET /', localEndpoint: { serviceName: 'Shop' } },
  { traceId: 'c', id: 'd', parentId: null, tags: {} },
];

const read: readonly (readonly [what: string, content: unknown, ids: readonly (readonly string[])[]])[] = [
  ['a trace', [a, a], [['000000000000000b', '000000000000000b']]],
  ['traces', [[a], [b]], [['000000000000000b'], ['000000000000000d']]],
  ['spans of several traces', [a, b], [['000000000000000b'], ['000000000000000d']]],
  [
    '64 and 128 bits of one id',
    [a, { ...a, traceId: '7000000000000000a' }],
    [['000000000000000b', '000000000000000b']],
  ],
];

for (const [what, content, ids] of read) {
  test(`a file of ${what}`, () => {
    const traces = readTraces(JSON.stringify(content), 'f.json');
    assert.deepEqual(
      traces.map((spans) => spans.map(({ id }) => id)),
      ids,
    );
  });
}

test('names are as Zipkin keeps them, and a null counts as absent', () => {
  const [[first] = [], [second] = []] = readTraces(JSON.stringify([a, b]), 'f.json');
  assert.deepEqual([first?.name, first?.localEndpoint?.serviceName], ['get /', 'shop']);
  assert.ok(second && !('parentId' in second));
});

const expected = "expected a trace as Zipkin's UI downloads it: a JSON array of spans (API v2), or of such traces";

const refused: Readonly<Record<string, string>> = {
  '': 'f.json: it is empty',
  'trace: x': 'f.json: it begins with "trace: x", which is not JSON',
  '[]': 'f.json: it holds no span',
  '{}': 'f.json: it holds {}',
  '{"data":[]}': "f.json: it holds a trace of Jaeger's API",
  '{"resourceSpans":[]}': 'f.json: it holds OpenTelemetry spans (OTLP)',
  '[1]': 'f.json: span 1 is 1',
  '[[{"traceId":"a","id":"b"}],[{"traceId":"a"}]]': 'f.json: trace 2, span 1 has the id missing',
  '[{"traceId":"a","id":"b","timestamp":"now"}]': 'f.json: span 1 has the timestamp "now"',
  '[{"traceId":"a","id":"b","kind":"client"}]': 'f.json: span 1 has the kind "client"',
  '[{"traceId":"a","id":"b","binaryAnnotations":[]}]': "f.json: span 1 has binaryAnnotations: it is of Zipkin's API v1",
};

for (const [text, message] of Object.entries(refused)) {
  test(`no trace: ${message}`, () => {
    assert.throws(() => readTraces(text, 'f.json'), new TraceFileError(`${message}; ${expected}`));
  });
}
