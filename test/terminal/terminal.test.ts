import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terminal } from '../../sandbox/cli/terminal.js';

const tty = (columns: number) => ({ isTTY: true, columns, hasColors: () => true }) as unknown as NodeJS.WriteStream;
const pipe = { isTTY: false } as NodeJS.WriteStream;
const everything = Number.POSITIVE_INFINITY;

const cases = [
  { title: 'a terminal', stream: tty(80), environment: {}, expected: { width: 80, wrapAt: 80, colour: true } },
  { title: 'a narrow one', stream: tty(20), environment: {}, expected: { width: 60, wrapAt: 60, colour: true } },
  { title: 'a wide one', stream: tty(400), environment: {}, expected: { width: 160, wrapAt: 160, colour: true } },
  {
    title: 'NO_COLOR',
    stream: tty(80),
    environment: { NO_COLOR: '1' },
    expected: { width: 80, wrapAt: 80, colour: false },
  },
  {
    title: 'FORCE_COLOR=0',
    stream: tty(80),
    environment: { FORCE_COLOR: '0' },
    expected: { width: 80, wrapAt: 80, colour: false },
  },
  { title: 'a pipe', stream: pipe, environment: {}, expected: { width: 120, wrapAt: everything, colour: false } },
  {
    title: 'a pipe, FORCE_COLOR',
    stream: pipe,
    environment: { FORCE_COLOR: '1' },
    expected: { width: 120, wrapAt: everything, colour: true },
  },
];

for (const { title, stream, environment, expected } of cases) {
  test(`terminal: ${title}`, () => assert.deepEqual(terminal(stream, environment), expected));
}
