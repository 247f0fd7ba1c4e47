import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../sandbox/diagnosis/diagnose.js';
import { drawTrace } from '../../sandbox/picture/waterfall-text.js';
import { buildTree } from '../../sandbox/trace/tree.js';
import { describeFinding } from '../../sandbox/verdict/finding.js';
import { anyShape, type JudgeOptions, judge } from '../../sandbox/verdict/judge.js';
import { parseShape } from '../../sandbox/verdict/parse-shape.js';
import { ownShape } from '../topology/own-shape.js';
import { elevenSpans, spansOf } from '../trace/written-spans.js';

interface Case {
  /** The part of the shape file after `root:`. */
  readonly root?: string;
  readonly spans: string;
  readonly options?: JudgeOptions;
  readonly findings: readonly string[];
}

const ab = '{ service: a, children: [{ service: b }] }';

const cases: Readonly<Record<string, Case>> = {
  whole: { spans: 'a server 1 0+9 \n b - 2<1 1+8', findings: [] },
  'an orphan beside a root': {
    root: '{ service: a }',
    spans: 'a server 1 0+9 \n b - 2<8 1+2',
    findings: ['b LOCAL 2 is not in the shape', 'b LOCAL 2 has the parent 8, which is not in the trace'],
  },
  'a root whose caller reports nothing': { root: '{ service: b }', spans: 'b server 2<1 0+9', findings: [] },
  'several calls of a caller that reports nothing': {
    root: '{ service: b }\nothers: allowed',
    spans: 'b server 2<1 0+9 \n c server 3<1 9+9',
    findings: [],
  },
  'what joined the context of the request, beside a root': {
    root: '{ service: b }\nothers: allowed',
    spans: 'b server 2<1 0+9 \n c server 3<1 9+9 \n c server 4<8 9+9',
    options: { callerSpanId: '1' },
    findings: ['c SERVER 4 has the parent 8, which is not in the trace'],
  },
  'a second root': {
    spans: 'a server 1 0+9 \n b - 2<1 1+8 \n c - 3 0+9',
    findings: ['c LOCAL 3 is not in the shape', 'c LOCAL 3 is a second root beside a SERVER 1'],
  },
  'a cycle': { root: '{ service: a }', spans: 'a - 1<1 0+9', findings: ['a LOCAL 1 is its own ancestor'] },
  'an id of two callers': {
    root: '{ service: a, children: [{ service: b, times: 1..* }, { service: c }] }',
    spans: 'a server 1 0+9 \n b client 2<1 1+8 \n c client 2<1 1+8',
    findings: ['c CLIENT 2 has the same id as b CLIENT'],
  },
  'a caller and its server with unlike parents': {
    spans: 'a client 1 0+9 \n b server 1<0 shared 1+8',
    findings: ['b SERVER 1 has the parent 0; its caller has none'],
  },
  'two trace ids': {
    spans: 'a server 1 0+9 \n b - 2<1 1+8 trace=u',
    findings: ['b LOCAL 2 has the trace id u; expected t'],
  },
  'two traces that the answer names': {
    spans: 'a server 1 0+9 \n b - 2<1 1+8',
    options: { otherTraceIds: ['u'] },
    findings: ['the answer names two traces, t and u: two hops each began a trace for this request'],
  },
  'two requests': {
    spans: 'a server 1 0+9 guid:x-request-id=r \n b - 2<1 10+8 guid:x-request-id=s',
    findings: ['b LOCAL 2 has the x-request-id s; expected r'],
  },
  'a request id that was not sent on': {
    spans: 'a server 1 0+9 guid:x-request-id=r \n b - 2<1 1+8 guid:x-request-id=s',
    findings: [],
  },
  'a span before its parent': {
    spans: 'a server 1 2000+9000 \n b - 2<1 999+8000',
    findings: ['b LOCAL 2 starts before a SERVER 1 by 1.00 ms'],
  },
  'a span a little before its parent': { spans: 'a server 1 2000+9000 \n b - 2<1 1000+8000', findings: [] },
  'a tolerance of the user': {
    spans: 'a server 1 2000+9000 \n b - 2<1 1000+8000',
    options: { startTolerance: 0 },
    findings: ['b LOCAL 2 starts before a SERVER 1 by 1.00 ms'],
  },
  'a server after its client, and one that outlives it, where the user allows 100 ms': {
    root: '{ service: a }\nothers: allowed',
    spans:
      'a client 1 0+1000 \n b server 1 shared 102000+10 \n b client 2<1 102001+9 \n c server 2 shared 102005+900000',
    options: { endTolerance: 100_000 },
    findings: ['b SERVER 1 starts after the end of a CLIENT 1 by 101 ms', 'c SERVER 2 ends after b CLIENT 2 by 900 ms'],
  },
  'a span without time, another of negative duration': {
    spans: 'a server 1 0+-1 \n b - 2<1',
    findings: [
      'a SERVER 1 has the duration -1 µs',
      'b LOCAL 2 has no timestamp or no duration: it was not finished, or its end was not reported',
    ],
  },
  milliseconds: {
    spans: 'a server 1 1795510268546+9 \n b - 2<1 1795510268546000+8',
    findings: ['a SERVER 1 has the timestamp 1795510268546, which is in milliseconds'],
  },
  'a failed span': {
    spans: 'a server 1 0+9 error=true http.status_code=503 response_flags=UF \n b - 2<1 1+8 error=boom',
    findings: ['a SERVER 1 failed: error=true http.status_code=503 response_flags=UF', 'b LOCAL 2 failed: error=boom'],
  },
  'a failure that the shape expects': {
    root: '{ service: a, tags: { error: /./ }, children: [{ service: b }] }',
    spans: 'a server 1 0+9 error=true \n b - 2<1 1+8',
    findings: [],
  },
  'a decision that changed on the way': {
    spans: 'a server 1 0+9 \n b - 2<1 1+8',
    options: {
      headers: [
        { at: 'a', direction: 'in', headers: { 'x-b3-sampled': '1' } },
        { at: 'a', direction: 'out', headers: { b3: '0' } },
        { at: 'b', direction: 'in', headers: { 'x-b3-flags': '1' } },
        { at: 'b', direction: 'out', headers: { 'x-b3-sampled': '1' } },
      ],
    },
    findings: ['a received the sampling decision 1 and sent 0'],
  },
};

for (const [name, { root = ab, spans, options, findings }] of Object.entries(cases)) {
  test(`verdict: ${name}`, () => {
    const verdict = judge(parseShape(`name: n\nroot: ${root}`, 'f.yaml'), spansOf(spans), options);
    assert.deepEqual(verdict.findings.map(describeFinding), findings);
    assert.equal(verdict.whole, findings.length === 0);
  });
}

const many = (line: (i: number) => string, count = 10_000) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

const hostile: Readonly<Record<string, string>> = {
  'many spans': many(
    (i) =>
      `s${i % 7} ${i % 2 ? 'client' : 'server'} ${i}${i ? `<${(i * 7919) % i}` : ''} ${i}+${i % 900} ${i % 5 ? '' : 'error=x'}`,
  ),
  'many children': many((i) => `s${i} client ${i}${i ? '<0' : ''} ${i}+5`),
  '10,000 levels': many((i) => `service1 server ${i}${i ? `<${i - 1}` : ''} ${i}+9`),
  'one cycle': many((i) => `service1 - ${i}<${(i + 1) % 10_000} ${i}+1`),
  '500 levels, many times': many((i) => `service1 - ${i}${i % 500 ? `<${i - 1}` : i ? '<0' : ''} ${i}+9`),
  'one id': many((i) => `service1 ${i % 2 ? 'client' : 'server'} 1<1 ${i}+1`),
  'only orphans': many((i) => `service1 server ${i}<x${i} ${i}+1`),
  'only roots': many((i) => `service1 server ${i} ${i}+1`),
  'many cycles': many((i) => `service1 - ${i}<${i ^ 1}`),
  'negative durations': many((i) => `front-proxy client ${i}<${i >> 1} ${-i}+${-i}`),
  'many copies of a whole trace': many(() => elevenSpans, 900),
};

const shape = ownShape('/trace/1');

for (const [name, text] of Object.entries(hostile)) {
  test(`verdict: ${name}: drawn, judged and explained`, { timeout: 20_000 }, () => {
    const spans = spansOf(text);
    const tree = buildTree(spans);
    assert.ok(drawTrace(tree, { width: 80, colour: false }).length > Math.min(tree.nodes.length, 800));
    for (const expected of [shape, anyShape]) {
      const verdict = judge(expected, spans);
      const explained = new Set(diagnose(verdict, { nearby: [spans] }).flatMap(({ findings }) => findings));
      assert.equal(explained.size, verdict.findings.length);
      assert.equal(verdict.whole, verdict.findings.length === 0);
    }
  });
}
