import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Cause } from '../../sandbox/diagnosis/cause.js';
import { diagnose } from '../../sandbox/diagnosis/diagnose.js';
import { type Evidence, findOtherHalf } from '../../sandbox/diagnosis/evidence.js';
import { explainFlags } from '../../sandbox/diagnosis/response-flags.js';
import type { Span } from '../../sandbox/trace/span.js';
import { judge } from '../../sandbox/verdict/judge.js';
import { ownShape } from '../topology/own-shape.js';
import { spansOf } from '../trace/written-spans.js';
import { labCases } from './lab-cases.js';

const shape = ownShape('/trace/1');

/** The options of `judge` for the sandbox's own hops. */
const ofSandbox = { sendsParents: true, endTolerance: 100_000 };

for (const [name, { spans, evidence, options, diagnoses }] of Object.entries(labCases)) {
  test(`diagnosis: ${name}`, () => {
    const verdict = judge(shape, spansOf(spans), { ...ofSandbox, ...options });
    const seen = diagnose(verdict, evidence);
    assert.deepEqual(
      seen.map(({ cause, hop, text, otherTraceId }) => [cause, hop, text, ...(otherTraceId ? [otherTraceId] : [])]),
      diagnoses,
    );
    assert.equal(verdict.whole, diagnoses.length === 0);
    const explained = new Set(seen.flatMap(({ findings }) => findings));
    assert.deepEqual(explained, new Set(verdict.findings), 'each finding is explained');
    assert.deepEqual(JSON.parse(JSON.stringify(seen)), seen, 'can be written as JSON');
  });
}

interface Recorded {
  readonly causes: readonly (readonly [Cause, string])[];
  readonly reporters?: Evidence['reporters'];
}

/** Traces recorded from Zipkin 3.6.1 with Envoy 1.40.0. The apps were broken as the name of the file says. */
const recorded: Readonly<Record<string, Recorded>> = {
  whole: { causes: [] },
  'all-headers-dropped': { causes: [['context-dropped', 'service1-app']] },
  'span-id-dropped': { causes: [['context-dropped', 'service1-app']] },
  'empty-parent': { causes: [['parent-dropped', 'service1-app']] },
  'stale-span-id': { causes: [['stale-span-id', 'service1-app']] },
  'stale-context': { causes: [['stale-context', 'service1-app']] },
  'span-id-reused': { causes: [['span-id-reused', 'service1-app']] },
  'sampling-re-decided': { causes: [['trace-cut', 'service1-app']] },
  'b3-single': { causes: [] },
  'trace-id-changed': { causes: [['trace-id-changed', 'service1-app']] },
  'trace-id-cut': { causes: [['trace-id-cut', 'service1-app']] },
  'app-reports-nothing': { causes: [['not-reported', 'service1-app']] },
  'last-app-reports-nothing': { causes: [['not-reported', 'service2-app']] },
  'wrong-service-name': { causes: [['wrong-service-name', 'service1-app']] },
  'name-of-its-sidecar': { causes: [['wrong-service-name', 'service1-app']] },
  'wrong-collector': {
    causes: [['reports-lost', 'service2']],
    reporters: [{ service: 'service2', reporter: 'Envoy', lost: 1, unit: 'reports' }],
  },
  'wrong-collector-between': {
    causes: [['reports-lost', 'service1']],
    reporters: [{ service: 'service1', reporter: 'Envoy', lost: 1, unit: 'reports' }],
  },
  'sidecar-by-passed': { causes: [['hop-bypassed', 'service1-app']] },
  'both-sidecars-by-passed': { causes: [['hop-bypassed', 'service1-app']] },
  'clock-ahead': { causes: [['clock-skew', 'service1-app']] },
  'clock-behind': { causes: [['clock-skew', 'service1-app']] },
  slow: { causes: [['slow', 'service2']] },
  failed: { causes: [['failed', 'service2']] },
  retried: { causes: [['retried', 'service1']] },
};

for (const [name, { causes, reporters = [] }] of Object.entries(recorded)) {
  test(`diagnosis: recorded trace ${name}`, () => {
    const [trace = [], ...nearby] = readTraces(`test/diagnosis/recorded/${name}.jsonl`);
    const seen = diagnose(judge(shape, trace, { ...ofSandbox, within: 1_000_000 }), { nearby, reporters });
    assert.deepEqual(
      seen.map(({ cause, hop }) => [cause, hop]),
      causes,
    );
    for (const { otherTraceId } of seen) {
      assert.ok(otherTraceId === undefined || nearby.some(([span]) => span?.traceId === otherTraceId));
    }
  });
}

/** Reads the traces of a file with one span in each line. The trace to judge is that of the first line. */
function readTraces(file: string): Span[][] {
  const traces = new Map<string, Span[]>();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const span: Span = JSON.parse(line);
    traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  }
  return [...traces.values()];
}

test('diagnosis: flags of Envoy are explained', () => {
  assert.equal(explainFlags('URX,UF'), 'no retry was left, the connection to the upstream failed');
  assert.equal(explainFlags('-'), undefined);
  assert.equal(explainFlags(undefined), undefined);
});

test('a hop that answers 400 and calls no server is not said to have forwarded no context', () => {
  const [server] = spansOf('a server 1 0+10');
  assert.ok(server);
  const refusal: Span = {
    ...server,
    localEndpoint: { serviceName: shape.root.service.toString() },
    tags: { 'http.status_code': '400' },
  };
  const headers = [{ at: shape.root.service.toString(), direction: 'out', headers: {} }] as const;
  const seen = diagnose(judge(shape, [refusal]), { headers });
  assert.deepEqual(
    seen.map(({ cause, hop }) => [cause, hop]),
    [['failed', shape.root.service]],
  );
});

test('two traces began during one call: the first one is the other half, in any order from Zipkin', () => {
  const within = (id: string, service: string, timestamp: number): Span => ({
    traceId: id.repeat(32),
    id: id.repeat(16),
    kind: 'SERVER',
    timestamp,
    duration: 5,
    localEndpoint: { serviceName: service },
  });
  const caller: Span = { ...within('a', 'service1', 100), kind: 'CLIENT', duration: 100 };
  const [app, egress] = [within('b', 'service1-app', 110), within('c', 'service1', 120)];
  const expected = [shape.root, ...shape.root.children].map((part) => ({ ...part, service: /service1/ }));
  for (const nearby of [
    [[app], [egress]],
    [[egress], [app]],
  ]) {
    assert.equal(findOtherHalf(caller, undefined, expected, nearby)?.span, app);
  }
});
