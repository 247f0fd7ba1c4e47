import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Diagnosis } from '../../sandbox/diagnosis/cause.js';
import { diagnose } from '../../sandbox/diagnosis/diagnose.js';
import { findOtherHalf } from '../../sandbox/diagnosis/evidence.js';
import { explainFlags } from '../../sandbox/diagnosis/response-flags.js';
import { buildTree } from '../../sandbox/trace/tree.js';
import { judge } from '../../sandbox/verdict/judge.js';
import { parseShape } from '../../sandbox/verdict/parse-shape.js';
import { recordShape } from '../../sandbox/verdict/record-shape.js';
import { ownShape } from '../topology/own-shape.js';
import { elevenSpans, spansOf } from '../trace/written-spans.js';
import { labCases } from './lab-cases.js';

const shape = ownShape('/trace/1');

/** The options of `judge` for the sandbox's own hops. */
const ofSandbox = { sendsParents: true, endTolerance: 100_000 };

const causesOf = (diagnoses: readonly Diagnosis[]) => diagnoses.map(({ cause, hop }) => `${cause} at ${hop}`);

for (const [name, { spans, evidence, options, says }] of Object.entries(labCases)) {
  test(`diagnosis: ${name}`, () => {
    const verdict = judge(shape, spansOf(spans), { ...ofSandbox, ...options });
    const seen = diagnose(verdict, evidence);
    const lines = says.split('\n').flatMap((line) => line.trim() || []);
    const said = causesOf(seen).map((cause, i) => (lines[i]?.includes(': ') ? `${cause}: ${seen[i]?.text}` : cause));
    assert.deepEqual(said, lines);
    assert.equal(seen[0]?.otherTraceId, evidence?.nearby?.at(-1)?.[0]?.traceId);
    assert.equal(verdict.whole, lines.length === 0);
    const explained = new Set(seen.flatMap(({ findings }) => findings));
    assert.deepEqual(explained, new Set(verdict.findings), 'each finding is explained');
    assert.deepEqual(JSON.parse(JSON.stringify(seen)), seen, 'can be written as JSON');
  });
}

test('diagnosis: an app that calls two services in parallel bypasses its sidecar with one call', () => {
  const otherCall = `
    service1-app client g<c           5600+29000
    service1     server g<c shared    6700+27000
    service1     client h<g           7100+26000
    service3     server h<g shared    8100+24000
    service3     client i<h           8500+23000
    service3-app server i<h shared   10100+19000`;
  const fanOut = parseShape(recordShape(buildTree(spansOf(elevenSpans + otherCall)), 'fan-out'), 'recorded.yaml');
  const causes = (spans = '') => causesOf(diagnose(judge(fanOut, spansOf(spans + otherCall), ofSandbox)));
  assert.deepEqual(causes(elevenSpans), []);
  assert.deepEqual(causes(labCases['a sidecar by-passed']?.spans), ['hop-bypassed at service1-app']);
});

test('diagnosis: flags of Envoy are explained', () => {
  assert.equal(explainFlags('URX,UF'), 'no retry was left, the connection to the upstream failed');
  assert.equal(explainFlags('-'), undefined);
  assert.equal(explainFlags(undefined), undefined);
});

test('a hop that answers 400 and calls no server is not said to have forwarded no context', () => {
  const headers = [{ at: 'front-proxy', direction: 'out', headers: {} }] as const;
  const refused = judge(shape, spansOf('front-proxy server 1 0+10 http.status_code=400'));
  assert.deepEqual(causesOf(diagnose(refused, { headers })), ['failed at front-proxy']);
});

test('two traces began during one call: the first one is the other half, in any order from Zipkin', () => {
  const [caller] = spansOf('service1 client a 100+100');
  const app = spansOf('service1-app server b 110+5 trace=u');
  const egress = spansOf('service1 server c 120+5 trace=v');
  const expected = [shape.root, ...shape.root.children].map((part) => ({ ...part, service: /service1/ }));
  assert.ok(caller);
  for (const nearby of [
    [app, egress],
    [egress, app],
  ]) {
    assert.equal(findOtherHalf(caller, undefined, expected, nearby)?.span, app[0]);
  }
});
