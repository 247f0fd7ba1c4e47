import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree } from '../../sandbox/trace/tree.js';
import { drawn, outline, spansOf } from './written-spans.js';

const cases: Readonly<Record<string, { readonly spans: string; readonly tree: string }>> = {
  'no spans': { spans: '', tree: '' },
  'a client and the server that shares its id, in any order': {
    spans: 'b server 2<1 shared \n a client 2<1 \n a server 1',
    tree: `
      a server 1
        a client 2
          b server 2`,
  },
  'a server that does not share its id': {
    spans: 'a client 1 \n b server 2<1',
    tree: `
      a client 1
        b server 2`,
  },
  'a call hangs under the server in its process, not under the client with the same id': {
    spans: 'a client 1 0+9 \n b server 1 shared 1+8 \n b client 2<1 2+7 \n a - 3<1 3+1',
    tree: `
      a client 1
        b server 1
          b client 2
        a - 3`,
  },
  'a call whose server is not there hangs under the client with that id': {
    spans: 'a client 1 \n b client 2<1',
    tree: `
      a client 1
        b client 2`,
  },
  'two servers that took the same id': {
    spans: 'a client 1 0+9 \n b server 1 shared 1+8 \n c server 1 shared 2+2 \n c client 2<1 3+1',
    tree: `
      a client 1
        b server 1
        c server 1 same id
          c client 2`,
  },
  'a missing parent; true roots come first': {
    spans: 'b server 2<1 0+1 \n a server 3 5+1',
    tree: `
      a server 3
      b server 2 missing parent`,
  },
  'a span that is its own parent': { spans: 'a - 1<1', tree: 'a - 1 cycle' },
  'a cycle is cut at its earliest span': {
    spans: 'a - 1<3 2+1 \n a - 2<1 3+1 \n a - 3<2 1+1 \n a - 4<2 4+1',
    tree: `
      a - 3 cycle
        a - 1
          a - 2
            a - 4`,
  },
  'siblings are in the order of their start; without timestamp they come last': {
    spans: 'a server 1 \n a - 2<1 \n a - 3<1 7+-5 \n a - 4<1 3+1',
    tree: `
      a server 1
        a - 4
        a - 3
        a - 2`,
  },
  'one id used by two calls: the child belongs to the one that had begun': {
    spans: 'a client 1 0+10 \n a client 1 20+10 \n b server 1 shared 21+5',
    tree: `
      a client 1
      a client 1 same id
        b server 1`,
  },
};

for (const [name, { spans, tree }] of Object.entries(cases)) {
  test(`tree: ${name}`, () => {
    assert.equal(outline(buildTree(spansOf(spans))), drawn(tree));
    assert.equal(outline(buildTree(spansOf(spans).reverse())), drawn(tree), 'in reverse order');
  });
}
