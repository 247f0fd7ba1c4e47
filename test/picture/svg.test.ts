import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawSvg, escapeXml } from '../../sandbox/picture/waterfall-svg.js';
import { buildTree } from '../../sandbox/trace/tree.js';
import { elevenSpans, spansOf } from '../trace/written-spans.js';

const hostile = spansOf(`
  front server a  0+1000 error=<b>&amp;</b>
  x     client b<a 100+800`).map((span, i) => ({
  ...span,
  traceId: '"><script>alert(1)</script>',
  name: `</text><script>"'&]]>\u0000\u001b[31m\ud800${'長'.repeat(200)}`,
  localEndpoint: { serviceName: `<img src=x onerror="alert(${i})">` },
}));

const drawings: Readonly<Record<string, string>> = {
  'the eleven spans': drawSvg(buildTree(spansOf(elevenSpans)), { title: 'GET /trace/1' }),
  'no spans': drawSvg(buildTree([])),
  'hostile names': drawSvg(buildTree(hostile), { title: '<script>&' }),
  'no time, no name, a missing parent': drawSvg(buildTree([{ traceId: 't', id: '1', parentId: '0' }])),
  '500 levels': drawSvg(
    buildTree(spansOf(Array.from({ length: 500 }, (_, i) => `a - ${i}<${i - 1} ${i}+9`).join('\n'))),
  ),
};

/**
 * Reads a document strictly: elements are closed in order, attributes are quoted, there is no stray `<` or `&` and no
 * character that XML forbids.
 */
function readXml(text: string): { readonly elements: readonly string[]; readonly text: string } {
  const elements: string[] = [];
  const open: string[] = [];
  const token = /<(\/?)([A-Za-z]+)((?: [\w:-]+="[^"<&]*(?:&#\d+;[^"<&]*)*")*)(\/?)>|([^<&]+)|&#(\d+);/gy;
  let content = '';
  let at = 0;
  for (const [whole, closes, name = '', , isEmpty, characters, code] of text.matchAll(token)) {
    at += whole.length;
    if (characters !== undefined) content += characters;
    else if (code !== undefined) content += String.fromCodePoint(Number(code));
    else if (closes) assert.equal(open.pop(), name);
    else {
      elements.push(name);
      if (!isEmpty) open.push(name);
    }
  }
  assert.equal(at, text.length, `not well formed at: ${text.slice(at, at + 60)}`);
  assert.deepEqual(open, []);
  assert.doesNotMatch(text, /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u);
  return { elements, text: content };
}

for (const [name, svg] of Object.entries(drawings)) {
  test(`svg: ${name}: well formed, self-contained, with title and description`, () => {
    const { elements } = readXml(svg);
    assert.deepEqual(elements.slice(0, 4), ['svg', 'title', 'desc', 'style']);
    for (const element of elements) assert.match(element, /^(svg|title|desc|style|rect|text|path|g)$/);
    assert.doesNotMatch(
      svg.replace('xmlns="http://www.w3.org/2000/svg"', ''),
      /https?:|url\(|@import|NaN|undefined|="-|width="0/,
    );
    assert.match(svg, /prefers-color-scheme: dark/);
  });
}

test('svg: one row for each span, names as text', () => {
  const { 'the eleven spans': svg = '' } = drawings;
  assert.equal(svg.match(/role="listitem"/g)?.length, 11);
  assert.equal(svg.match(/>service2-app</g)?.length, 1);
  assert.match(
    readXml(svg).text,
    /GET \/trace\/1.*A waterfall of 11 spans in 41\.2 ms; 20\.0 ms of it in service2-app\. None failed\./s,
  );
});

test('svg: failed spans are marked and say why', () => {
  const svg = drawSvg(buildTree(spansOf('a server 1 0+9 error=true http.status_code=503 \n b - 2<1 1+8')));
  assert.equal(svg.match(/class="failed"/g)?.length, 1);
  assert.match(svg, /✗ error=true http\.status_code=503</);
  assert.match(svg, /1 failed\./);
});

test('svg: escapes characters that XML does not allow as text', () => {
  assert.equal(escapeXml(`<a href="x">&'\u0007`), '&#60;a href=&#34;x&#34;&#62;&#38;&#39;?');
});
