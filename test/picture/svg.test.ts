import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
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

const reader = `import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.stdin.buffer).getroot()
elements = [each.tag.split('}')[1] for each in root.iter()]
print(json.dumps({'elements': elements, 'text': ''.join(root.itertext())}))`;

/** Reads a document with Python's parser, which refuses what is not well-formed. */
async function readXml(input: string): Promise<{ readonly elements: readonly string[]; readonly text: string }> {
  return JSON.parse((await execa('python3', ['-c', reader], { input })).stdout);
}

for (const [name, svg] of Object.entries(drawings)) {
  test(`svg: ${name}: well formed, self-contained, with title and description`, async () => {
    const { elements } = await readXml(svg);
    assert.deepEqual(elements.slice(0, 4), ['svg', 'title', 'desc', 'style']);
    for (const element of elements) assert.match(element, /^(svg|title|desc|style|rect|text|path|g)$/);
    assert.doesNotMatch(
      svg.replace('xmlns="http://www.w3.org/2000/svg"', ''),
      /https?:|url\(|@import|NaN|undefined|="-|width="0/,
    );
    assert.match(svg, /prefers-color-scheme: dark/);
  });
}

test('svg: one row for each span, names as text', async () => {
  const { 'the eleven spans': svg = '' } = drawings;
  assert.equal(svg.match(/role="listitem"/g)?.length, 11);
  assert.equal(svg.match(/>service2-app</g)?.length, 1);
  assert.match(
    (await readXml(svg)).text,
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
