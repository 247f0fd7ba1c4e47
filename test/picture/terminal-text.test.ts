import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrapLine } from '../../sandbox/picture/terminal-text.js';

const cases = [
  { title: 'what fits stays', text: 'a b c', columns: 5, indent: 2, lines: ['a b c'] },
  {
    title: 'words go to the next line, indented',
    text: 'a bb ccc dd',
    columns: 6,
    indent: 2,
    lines: ['a bb', '  ccc', '  dd'],
  },
  {
    title: 'columns of a table stay',
    text: '  drop   all of it',
    columns: 12,
    indent: 9,
    lines: ['  drop   all', '         of', '         it'],
  },
  { title: 'a long word is not cut', text: 'a 0123456789', columns: 4, indent: 1, lines: ['a', ' 0123456789'] },
  { title: 'wide characters count twice', text: '服务 服务', columns: 8, indent: 0, lines: ['服务', '服务'] },
  { title: 'no limit', text: 'a b', columns: Number.POSITIVE_INFINITY, indent: 0, lines: ['a b'] },
];

for (const { title, text, columns, indent, lines } of cases) {
  test(`wrap: ${title}`, () => assert.deepEqual(wrapLine(text, columns, indent), lines));
}
