import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseShape } from '../../sandbox/verdict/parse-shape.js';
import { countExpected, ShapeError } from '../../sandbox/verdict/shape.js';

const root = 'name: n\nroot:\n  service: a\n';

const faults: Readonly<Record<string, string>> = {
  'name: n': 'f.yaml: root is missing',
  'root: { service: a }': 'f.yaml: name is missing; say which request has this trace',
  '': 'f.yaml: is null; write a mapping',
  '- a': 'f.yaml: is ["a"]; write a mapping',
  'name: n\nroot: [':
    'f.yaml: line 2 is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  'name: *x': 'f.yaml: is not YAML: ReferenceError: Unresolved alias (the anchor must be set before the alias): x',
  'name: n\nroot: {}': 'f.yaml: root.service is missing; write a text or /pattern/',
  [`${root}  kind: CLINET`]: 'f.yaml: root.kind is "CLINET"; write one of CLIENT, SERVER, PRODUCER, CONSUMER, LOCAL',
  [`${root}  shared: maybe`]: 'f.yaml: root.shared is "maybe"; write true or false',
  [`${root}  within: soon`]: 'f.yaml: root.within is "soon"; write 800us, 250ms or 2s',
  [`${root}  tags: [a]`]: 'f.yaml: root.tags is ["a"]; write a mapping',
  [`${root}  tags: { t: [a] }`]: 'f.yaml: root.tags.t is ["a"]; write a text or /pattern/',
  [`${root}  times: 0..1`]: 'f.yaml: root.times is not 1; a trace has one root',
  [`${root}  children: b`]: 'f.yaml: root.children is "b"; write a list',
  [`${root}  child: []`]:
    'f.yaml: root.child is not known here; write one of service, kind, shared, name, tags, within, times, children',
  [`${root}  children: [{ service: b, times: 3..2 }]`]:
    'f.yaml: root.children[0].times is "3..2"; write 3, 0..1, 1..* or the like',
  [`${root}  children: [{ service: b, times: 0 }]`]:
    'f.yaml: root.children[0].times is 0; write 3, 0..1, 1..* or the like',
  [`${root}  name: /(/`]:
    'f.yaml: root.name is /(/, which is not a regular expression: SyntaxError: Invalid regular expression: /(/u: Unterminated group',
  [`${root}others: maybe`]: 'f.yaml: others is "maybe"; write forbidden or allowed',
  [`${root}forbidden: [{ service: b, children: [] }]`]:
    'f.yaml: forbidden[0].children is not known here; write one of service, kind, shared, name, tags, within',
};

for (const [text, message] of Object.entries(faults)) {
  test(`shape: refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseShape(text, 'f.yaml'), new ShapeError(message));
  });
}

test('shape: reads every field', () => {
  const shape = parseShape(
    `
    name: GET /cart
    root:
      service: Front
      kind: SERVER
      shared: false
      name: GET /cart
      tags: { http.status_code: 200, error: null, path: /^.cart/ }
      within: 1.5ms
      children:
        - { service: /^cart-/, kind: CLIENT, times: 1..* }
        - { service: cache, times: 2, children: [{ service: store, within: 2 s, times: 0..1 }] }
    forbidden: [{ service: legacy, kind: LOCAL }]
    others: allowed
    `,
    'f.yaml',
  );
  const plain = { tags: {}, times: { min: 1, max: 1 }, children: [] };
  const many = { min: 1, max: Number.POSITIVE_INFINITY };
  const [two, maybe] = [
    { min: 2, max: 2 },
    { min: 0, max: 1 },
  ];
  const path = 'root.children[1]';
  const store = { ...plain, path: `${path}.children[0]`, service: 'store', within: 2_000_000, times: maybe };
  const children = [
    { ...plain, path: 'root.children[0]', service: /^cart-/iu, kind: 'CLIENT', times: many },
    { ...plain, path, service: 'cache', times: two, children: [store] },
  ];
  const tags = { 'http.status_code': '200', error: null, path: /^.cart/u };
  const root = { ...plain, path: 'root', service: 'front', kind: 'SERVER', shared: false, name: 'get /cart', tags };
  assert.deepEqual(shape, {
    name: 'GET /cart',
    root: { ...root, within: 1500, children },
    forbidden: [{ path: 'forbidden[0]', service: 'legacy', kind: 'LOCAL', tags: {} }],
    others: 'allowed',
  });
  assert.equal(countExpected(shape), 4);
});
