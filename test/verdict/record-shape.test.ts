import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree } from '../../sandbox/trace/tree.js';
import { matchShape } from '../../sandbox/verdict/match-shape.js';
import { parseShape } from '../../sandbox/verdict/parse-shape.js';
import { recordShape } from '../../sandbox/verdict/record-shape.js';
import { ShapeError } from '../../sandbox/verdict/shape.js';
import { ownShape } from '../topology/own-shape.js';
import { elevenSpans, spansOf } from '../trace/written-spans.js';

const recorded: Readonly<Record<string, string>> = {
  'equal and unequal siblings': `
    a server 1
    b client 2<1 1+1
    b client 3<1 2+1
    c server 3 shared
    b client 4<1 3+1
    d -      5<1`,
  'a service named like a pattern, another like a number': `
    /a.*/ server 1
    007   client 2<1`,
  '200 levels': Array.from({ length: 200 }, (_, i) => `a - ${i}${i ? `<${i - 1}` : ''}`).join('\n'),
};

for (const [name, text] of Object.entries(recorded)) {
  test(`record: ${name} fits its own shape`, () => {
    const tree = buildTree(spansOf(text));
    const shape = parseShape(recordShape(tree, 'GET /seen'), 'recorded.yaml');
    assert.equal(shape.name, 'GET /seen');
    assert.deepEqual(matchShape(shape, tree).findings, []);
    const longer = buildTree(spansOf(`${text}\n stranger - 999<1`));
    assert.equal(matchShape(shape, longer).findings.length, 1);
  });
}

test('record: the eleven spans give the shape that the sandbox ships', async () => {
  const shipped = ownShape('/trace/1');
  assert.deepEqual(parseShape(recordShape(buildTree(spansOf(elevenSpans)), shipped.name), 'recorded.yaml'), shipped);
});

test('record: equal siblings become one part', () => {
  const tree = buildTree(spansOf('a server 1 \n b client 2<1 \n b client 3<1'));
  assert.equal(
    recordShape(tree, 'GET /'),
    `# Recorded from trace t. Add name, tags, within and times where they matter.

name: GET /
root:
  service: a
  kind: SERVER
  children:
    - service: b
      kind: CLIENT
      times: 2
`,
  );
});

const deep = Array.from({ length: 500 }, (_, i) => `a - ${i}${i ? `<${i - 1}` : ''}`).join('\n');

const refused: Readonly<Record<string, string>> = {
  [deep]: 'cannot record GET /: the trace is 500 levels deep; a shape file holds 200',
  '': 'cannot record GET /: the trace has no span',
  'a - 1 \n b - 2': 'cannot record GET /: the trace has 2 roots; record one that is whole',
  'a - 1 \n b - 2<9': 'cannot record GET /: the trace has 2 roots; record one that is whole',
};

for (const [text, message] of Object.entries(refused)) {
  test(`record: ${message}`, () => {
    assert.throws(() => recordShape(buildTree(spansOf(text)), 'GET /'), new ShapeError(message));
  });
}
