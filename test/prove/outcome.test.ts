import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answer } from '../../prove/faults/caller.js';
import { type Checked, missingSpans, outcomeOf } from '../../prove/faults/outcome.js';
import type { Span, SpanKind } from '../../sandbox/trace/span.js';
import { parseShape } from '../../sandbox/verdict/parse-shape.js';

const shape = parseShape(
  'name: x\nroot: {service: a, kind: SERVER, children: [{service: a, kind: CLIENT, times: 2, children: [{service: b, kind: SERVER}]}]}',
  'x.yaml',
);

const span = (serviceName: string, kind: SpanKind): Span => ({
  traceId: 't',
  id: '1',
  kind,
  localEndpoint: { serviceName },
});

describe('the spans that a trace lacks', () => {
  const call = [span('a', 'CLIENT'), span('b', 'SERVER')];
  const whole = [span('a', 'SERVER'), ...call, ...call];
  const cases: readonly [string, readonly Span[], Record<string, number>][] = [
    ['a whole trace: nothing', whole, {}],
    ['a retry makes up for no other span', [...whole.slice(1), span('a', 'CLIENT')], { a: 1 }],
    ['no trace at all: everything, by service, what is below a repeated span as often', [], { a: 3, b: 2 }],
  ];
  for (const [title, spans, missing] of cases) {
    test(title, () => assert.deepEqual(Object.fromEntries(missingSpans(shape, spans)), missing));
  }
});

const attempt = (sentAt: number, answer: Answer = 200, tookMs = 10, missing: Record<string, number> = {}): Checked => ({
  sentAt,
  answeredAt: sentAt + tookMs,
  answer,
  traceId: undefined,
  missing: new Map(Object.entries(missing)),
});

describe('the effects of a fault', () => {
  const timeline = { faultAt: 5000, faultEndedAt: 6000, terminatedAt: [5500] };
  const attempts = [
    attempt(1000),
    attempt(3000, 200, 10, { a: 1 }),
    attempt(4500, 200, 10, { b: 2 }),
    attempt(5400, 200, 900),
    attempt(5450, 503),
    attempt(6500, 'refused', 1),
    attempt(7000, 200, 10, { a: 1 }),
    attempt(7500),
    attempt(8000),
  ];
  const outcome = outcomeOf(attempts, timeline, 4);

  test('requests are grouped by the time at which they were sent', () => {
    const { settled, lastSecond, during } = outcome;
    assert.deepEqual(
      [settled, lastSecond, during].map(({ requests }) => requests),
      [2, 1, 4],
    );
  });

  test('answers, the slowest, spans expected of those that were answered with 200, spans missing', () => {
    const { answers, slowestMs, expectedSpans, missing } = outcome.during;
    assert.deepEqual(Object.fromEntries(answers), { 200: 2, 503: 1, refused: 1 });
    assert.equal(slowestMs, 900);
    assert.equal(expectedSpans, 8);
    assert.deepEqual(Object.fromEntries(missing), { a: 1 });
    assert.deepEqual(Object.fromEntries(outcome.settled.missing), { a: 1 });
    assert.deepEqual(Object.fromEntries(outcome.lastSecond.missing), { b: 2 });
  });

  test('a request is in flight if it was sent before a process was told to end, and answered after that', () => {
    assert.deepEqual([outcome.inFlight.requests, outcome.inFlight.slowestMs], [1, 900]);
  });

  test('everything works from the first request after the last one that failed or lacks a span', () => {
    assert.equal(outcome.healedAfter, 1.5);
  });

  test('nothing works again if the last request fails', () => {
    assert.equal(outcomeOf([...attempts, attempt(9000, 503)], timeline, 4).healedAfter, undefined);
  });

  test('a fault without effect: everything works from the first request after it', () => {
    const unnoticed = outcomeOf([attempt(1000), attempt(5200), attempt(6100)], timeline, 4);
    assert.equal(unnoticed.healedAfter, 0.1);
    assert.equal(unnoticed.during.requests, 1);
  });
});
