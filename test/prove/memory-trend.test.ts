import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryTrends } from '../../prove/soak/memory-trend.js';

const MB = 1024 * 1024;
const cases: readonly [string, readonly number[], boolean][] = [
  ['grows first, then no more', [50, 60, 70, 90, 100, 100, 100, 101, 102], true],
  ['grows by as much as an allocator may: six megabytes', [50, 50, 50, 56, 56, 56], true],
  ['shrinks, and grows again to less than it was', [90, 90, 90, 78, 78, 78, 86, 86, 86], true],
  ['grows on and on', [50, 60, 70, 80, 90, 100, 110, 120, 130], false],
  ['too few samples to tell', [100, 100], false],
];

for (const [title, megabytes, level] of cases) {
  test(`memory that ${title}: ${level ? 'level' : 'not level'}`, () => {
    const [trend] = memoryTrends(megabytes.map((value) => ({ 'zipkin/java': value * MB })));
    assert.equal(trend?.level, level);
  });
}

test('the mean of each third for each process; if a sample lacks a process, the others count', () => {
  const samples = [{ a: 1, b: 9 }, { a: 3, b: 9 }, { a: 5 }, { a: 7, b: 9 }, { a: 9, b: 9 }, { a: 11, b: 9 }];
  assert.deepEqual(
    memoryTrends(samples).map(({ process, thirds }) => [process, thirds]),
    [
      ['a', [2, 6, 10]],
      ['b', [9, 9, 9]],
    ],
  );
});
