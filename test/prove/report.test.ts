import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { median } from '../../prove/bench/rounds.js';
import type { Answer } from '../../prove/faults/caller.js';
import type { FaultCase } from '../../prove/faults/cases.js';
import type { Outcome, RequestGroup } from '../../prove/faults/outcome.js';
import { faultTable, findings } from '../../prove/faults/report.js';

function group(answers: Record<string, number>, missing: Record<string, number> = {}, slowestMs = 20): RequestGroup {
  const entries = Object.entries(answers).map(([answer, count]): [Answer, number] => [
    /^\d+$/.test(answer) ? Number(answer) : (answer as Answer),
    count,
  ]);
  const requests = entries.reduce((sum, [, count]) => sum + count, 0);
  return {
    requests,
    answers: new Map(entries),
    slowestMs,
    expectedSpans: (answers['200'] ?? 0) * 11,
    missing: new Map(Object.entries(missing)),
  };
}

const well: Outcome = {
  settled: group({ 200: 20 }),
  lastSecond: group({ 200: 20 }),
  during: group({ 200: 5, 503: 3 }),
  inFlight: group({}),
  healedAfter: 1.25,
};
const fault: FaultCase = {
  name: 'x',
  title: 'x broken',
  inject: async () => undefined,
  answers: [200, 503],
  loses: 'nothing',
};

const result = (
  outcome: Partial<Outcome> = {},
  given: Partial<FaultCase> = {},
  secondsToEnd: readonly number[] = [],
) => ({
  fault: { ...fault, ...given },
  outcome: { ...well, ...outcome },
  secondsToEnd,
});

describe('findings', () => {
  const failed = group({ 200: 3, 503: 1 });
  const lacking = group({ 200: 9 }, { a: 1 });
  const cases: readonly [string, ReturnType<typeof result>, readonly RegExp[]][] = [
    ['as expected: none', result(), []],
    [
      'another answer',
      result({ during: group({ 200: 1, 504: 2 }) }),
      [/^answers 200 ×1, 504 ×2; expected only 200, 503$/],
    ],
    ['an answer that took too long', result({ during: group({ 200: 1 }, {}, 6001) }), [/took 6001 ms/]],
    ['a request in flight that failed', result({ inFlight: failed }), [/in flight .* 503 ×1/]],
    ['one that may', result({ inFlight: failed }, { inFlight: 'may fail' }), []],
    ['no recovery', result({ healedAfter: undefined }), [/not recover/]],
    ['too long to end', result({}, {}, [2, 10.5]), [/took 10.5 s to end/]],
    ['one unreported that may be', result({ lastSecond: lacking }, { loses: 'unreported spans' }), []],
    ['one stored that may not', result({ settled: lacking }, { loses: 'unreported spans' }), [/stored/]],
    ['one of a later request that may not', result({ during: lacking }, { loses: 'stored spans' }), [/^1 spans/]],
  ];
  for (const [title, given, patterns] of cases) {
    test(title, () => {
      const found = findings(given);
      assert.equal(found.length, patterns.length, found.join('; '));
      for (const [i, pattern] of patterns.entries()) assert.match(found[i] ?? '', pattern);
    });
  }
});

test('the table is Markdown with aligned columns, and names the missing spans', () => {
  const lost = {
    settled: group({ 200: 1 }, { a: 11 }),
    during: group({ 200: 2, refused: 1 }, { a: 2, b: 1 }),
    inFlight: group({ 200: 4 }),
  };
  assert.deepEqual(faultTable([result(), result(lost, {}, [0.5])]).split('\n'), [
    '| fault    | the caller sees    | slowest | in flight | ended in | recovered after | ledger                                                      |',
    '| -------- | ------------------ | ------- | --------- | -------- | --------------- | ----------------------------------------------------------- |',
    '| x broken | 200 ×5, 503 ×3     | 20 ms   | –         | –        | 1.3 s           | no span missing                                             |',
    '| x broken | 200 ×2, refused ×1 | 20 ms   | 200 ×4    | 0.5 s    | 1.3 s           | missing: all 11 stored before; 3 of 22 during it (a 2, b 1) |',
  ]);
});

test('the median of an even number of values is the mean of the middle two', () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 3, 2]), median([])], [2, 2.5, 0]);
});
