import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree } from '../../sandbox/trace/tree.js';
import { describeFinding } from '../../sandbox/verdict/finding.js';
import { matchShape } from '../../sandbox/verdict/match-shape.js';
import { parseShape } from '../../sandbox/verdict/parse-shape.js';
import { spansOf } from '../trace/written-spans.js';

interface Case {
  /** The part of the shape file after `root:`. */
  readonly root: string;
  readonly spans: string;
  readonly findings: readonly string[];
}

const aThenB = '{ service: a, children: [{ service: b, children: [{ service: c, children: [{ service: d }] }] }] }';

const cases: Readonly<Record<string, Case>> = {
  'no spans': { root: '{ service: a }', spans: '', findings: ['a is missing'] },
  'a missing span is one finding; what is below it is looked for under its parent': {
    root: aThenB,
    spans: 'a - 1 \n c - 2<1 \n d - 3<2',
    findings: ['b is missing under a LOCAL 1'],
  },
  'a span elsewhere is one finding; what is below it is right': {
    root: aThenB,
    spans: 'a - 1 \n b - 2<1 \n c - 3 \n d - 4<3',
    findings: ['c LOCAL 3 is under no span; expected under b'],
  },
  'a span under the wrong parent': {
    root: aThenB,
    spans: 'a - 1 \n b - 2<1 \n c - 3<1 \n d - 4<3',
    findings: ['c LOCAL 3 is under a LOCAL 1; expected under b'],
  },
  'an unexpected span and what is below it': {
    root: '{ service: a }',
    spans: 'a - 1 \n x - 2<1 \n y - 3<2',
    findings: [
      'x LOCAL 2 is not in the shape; it is under a LOCAL 1',
      'y LOCAL 3 is not in the shape; it is under x LOCAL 2',
    ],
  },
  'one too many': {
    root: '{ service: a, children: [{ service: b, children: [{ service: c, times: 0..1 }] }] }',
    spans: 'a - 1 \n b - 2<1 \n b - 3<1 \n c - 4<3',
    findings: ['b LOCAL 3 is one too many: the shape has at most 1'],
  },
  'too few': {
    root: '{ service: a, children: [{ service: b, times: 3 }] }',
    spans: 'a - 1 \n b - 2<1 \n',
    findings: ['b is missing under a LOCAL 1', 'b is missing under a LOCAL 1'],
  },
  'an optional part that is incomplete': {
    root: '{ service: a, children: [{ service: b, times: 0..1, children: [{ service: c }] }] }',
    spans: 'a - 1 \n b - 2<1',
    findings: ['c is missing under b LOCAL 2'],
  },
  'another service in its place': {
    root: aThenB,
    spans: 'a - 1 \n wrong - 2<1 \n c - 3<2 \n d - 4<3',
    findings: ['wrong LOCAL 2 has service wrong; expected b'],
  },
  'another kind': {
    root: '{ service: a, kind: SERVER }',
    spans: 'a client 1',
    findings: ['a CLIENT 1 has kind CLIENT; expected SERVER'],
  },
  'shared, name and tags': {
    root: '{ service: a, shared: true, name: /^get/, tags: { x: 1, y: 2, z: null, q: null, ok: /./ } }',
    spans: 'a - 1 name=post x=3 z=4 ok=5',
    findings: [
      'a LOCAL 1 has shared false; expected true',
      'a LOCAL 1 has name post; expected /^get/',
      'a LOCAL 1 has tag x 3; expected 1',
      'a LOCAL 1 has tag y absent; expected 2',
      'a LOCAL 1 has tag z 4; expected absent',
    ],
  },
  'too slow': {
    root: '{ service: a, within: 2ms }',
    spans: 'a - 1 0+2500',
    findings: ['a LOCAL 1 took 2.50 ms; at most 2.00 ms expected'],
  },
  'siblings in another order, told apart by name': {
    root: '{ service: a, children: [{ service: b, name: x }, { service: b, name: y }] }',
    spans: 'a - 1 \n b - 2<1 1+1 name=y \n b - 3<1 2+1 name=x',
    findings: [],
  },
  'siblings in another order, told apart by their children': {
    root: '{ service: a, children: [{ service: b, children: [{ service: c }] }, { service: b, children: [{ service: d }] }] }',
    spans: 'a - 1 \n b - 2<1 1+1 \n b - 3<1 2+1 \n d - 4<2 \n c - 5<3',
    findings: [],
  },
  'other spans allowed, also in between': {
    root: '{ service: a, children: [{ service: b }] }\nothers: allowed',
    spans: 'a - 1 \n x - 2<1 \n b - 3<2 \n y - 4<3 \n z - 5',
    findings: [],
  },
  'forbidden spans': {
    root: '{ service: a }\nothers: allowed\nforbidden: [{ service: /^old/, kind: SERVER }, { service: b, tags: { t: /bad/ } }]',
    spans: 'a - 1 \n old-a server 2<1 \n old-b client 3<1 \n b - 4<1 t=good \n b - 5<1 t=bad',
    findings: ['old-a SERVER 2 is forbidden', 'b LOCAL 5 is forbidden'],
  },
};

for (const [name, { root, spans, findings }] of Object.entries(cases)) {
  test(`match: ${name}`, () => {
    const shape = parseShape(`name: n\nroot: ${root}`, 'f.yaml');
    assert.deepEqual(matchShape(shape, buildTree(spansOf(spans))).findings.map(describeFinding), findings);
  });
}
