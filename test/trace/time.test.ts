import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawTimeSplit } from '../../sandbox/picture/time-split-text.js';
import { layOutWaterfall } from '../../sandbox/picture/waterfall.js';
import { alignClocks } from '../../sandbox/trace/clock.js';
import { criticalPath } from '../../sandbox/trace/critical-path.js';
import { formatMicros } from '../../sandbox/trace/duration.js';
import { splitTime } from '../../sandbox/trace/time-split.js';
import { buildTree } from '../../sandbox/trace/tree.js';
import { drawn, elevenSpans, spansOf } from './written-spans.js';

interface Case {
  readonly spans: string;
  /** The critical path: `id from-to` of each segment. */
  readonly path: readonly string[];
  /** Service or `caller → called`: microseconds. */
  readonly split: Readonly<Record<string, number>>;
}

const cases: Readonly<Record<string, Case>> = {
  'no spans': { spans: '', path: [], split: {} },
  'one span': { spans: 'a server 1 0+100', path: ['1 0-100'], split: { a: 100 } },
  'calls one after the other': {
    spans: 'a server 1 0+100 \n b - 2<1 10+20 \n c - 3<1 50+30',
    path: ['1 0-10', '2 10-30', '1 30-50', '3 50-80', '1 80-100'],
    split: { a: 50, b: 20, c: 30 },
  },
  'calls side by side: the one that ends last counts': {
    spans: 'a server 1 0+100 \n b - 2<1 10+20 \n c - 3<1 10+80',
    path: ['1 0-10', '3 10-90', '1 90-100'],
    split: { a: 20, c: 80 },
  },
  'calls that overlap: the earlier does not count': {
    spans: 'a server 1 0+100 \n b - 2<1 10+50 \n c - 3<1 40+50',
    path: ['1 0-40', '3 40-90', '1 90-100'],
    split: { a: 50, c: 50 },
  },
  'what outlives its parent was not waited for': {
    spans: 'a server 1 0+100 \n a - 2<1 50+500',
    path: ['1 0-100'],
    split: { a: 100 },
  },
  'a server that notes its end late counts until that of its client': {
    spans: 'a client 1 0+100 \n b server 1 shared 50+500',
    path: ['1 0-50', '1 50-100'],
    split: { 'a → b': 50, b: 50 },
  },
  'nobody waits for a consumer': {
    spans: 'a server 1 0+100 \n a producer 2<1 10+40 \n b consumer 3<2 20+10 \n b - 4<3 30+90',
    path: ['1 0-10', '2 10-50', '1 50-100'],
    split: { a: 60, 'a → b': 40 },
  },
  'a client that was never finished lasted as long as its server': {
    spans: 'a server 1 0+100 \n a client 2<1 10+? \n b server 2 shared 20+60',
    path: ['1 0-10', '2 10-20', '2 20-80', '1 80-100'],
    split: { a: 30, 'a → b': 10, b: 60 },
  },
  'the wire is what a caller has beyond its server': {
    spans: 'a client 1 0+100 \n b server 1 shared 20+50',
    path: ['1 0-20', '1 20-70', '1 70-100'],
    split: { 'a → b': 50, b: 50 },
  },
  'no server recorded anything': { spans: 'a client 1 0+100', path: ['1 0-100'], split: { 'a → ?': 100 } },
  'a server with a wrong clock is in the middle of its call, and so is what it calls': {
    spans: 'a client 1 0+100 \n b server 1 shared -900000+60 \n b client 2<1 -899990+40 \n c server 2 shared 40+20',
    path: ['1 0-20', '1 20-30', '2 30-40', '2 40-60', '2 60-70', '1 70-80', '1 80-100'],
    split: { 'a → b': 40, b: 20, 'b → c': 20, c: 20 },
  },
};

for (const [name, { spans, path, split }] of Object.entries(cases)) {
  test(`time: ${name}`, () => {
    const tree = buildTree(spansOf(spans));
    const critical = criticalPath(tree, alignClocks(tree).timeOf);
    assert.deepEqual(
      critical.segments.map(({ node, start, end }) => `${node.span.id} ${start}-${end}`),
      path,
    );
    const shares = splitTime(critical).map(({ part, micros }) => [
      'service' in part ? part.service : `${part.from} → ${part.to}`,
      micros,
    ]);
    assert.deepEqual(Object.fromEntries(shares), split);
  });
}

const clocks: Readonly<Record<string, { readonly spans: string; readonly ahead: Readonly<Record<string, number>> }>> = {
  'all right': { spans: elevenSpans, ahead: {} },
  'behind its caller': { spans: 'a client 1 0+100 \n b server 1 shared -5000+50', ahead: { b: -5025 } },
  'begins when its caller has ended: asynchronous': {
    spans: 'a client 1 0+100 \n b server 1 shared 5000+50',
    ahead: {},
  },
  'ends late, which proves nothing': { spans: 'a client 1 0+100 \n b server 1 shared 50+90000', ahead: {} },
  'a consumer waits for messages': { spans: 'a producer 1 0+100 \n b consumer 2<1 -9000+9100', ahead: {} },
  'work of the same process is recorded afterwards': { spans: 'a server 1 0+100 \n a - 2<1 -9000+9000', ahead: {} },
  'on one host clocks do not differ': { spans: 'a client 1 0+100 ip=1 \n b server 1 shared -5000+50 ip=1', ahead: {} },
  'on two hosts they may': { spans: 'a client 1 0+100 ip=1 \n b server 1 shared -5000+50 ip=2', ahead: { b: -5025 } },
  'a process that disagrees with caller and callee, even on one host': {
    spans:
      'a client 1 0+100 ip=1 \n b server 1 shared 5000+50 ip=1 \n b client 2<1 5010+30 ip=1 \n a server 2 shared 20+10 ip=1',
    ahead: { b: 4975 },
  },
  'behind a wrong clock, one that agrees with it and one that is right': {
    spans: `
      a client 1 0+100
      b server 1 shared -5000+50
      b client 2<1      -4990+10
      c server 2 shared -4988+5
      b client 3<1      -4970+10
      d server 3 shared    60+5`,
    ahead: { b: -5025, c: -5025 },
  },
};

for (const [name, { spans, ahead }] of Object.entries(clocks)) {
  test(`clock: ${name}`, () => {
    const { skews } = alignClocks(buildTree(spansOf(spans)));
    assert.deepEqual(Object.fromEntries(skews.map((skew) => [skew.service, skew.ahead])), ahead);
  });
}

test('time: the split is drawn, the longest share first', () => {
  const { shares } = layOutWaterfall(buildTree(spansOf(elevenSpans)));
  assert.equal(
    drawTimeSplit(shares, { width: 80, colour: false }).join('\n'),
    drawn(`
      service2-app             20.0 ms  49 % ███████████████████
      service1-app             6.20 ms  15 % ██████
      service2 → service2-app  4.00 ms  10 % ████
      service1                 2.00 ms   5 % ██
      service1-app → service1  2.00 ms   5 % ██
      service1 → service2      2.00 ms   5 % ██
      service1 → service1-app  1.80 ms   4 % ██
      front-proxy → service1   1.30 ms   3 % █
      service2                 1.00 ms   2 % █
      front-proxy               900 µs   2 % █`),
  );
  const narrow = drawTimeSplit(shares, { width: 40, colour: true, unicode: false });
  assert.ok(narrow.every((line) => line.length <= 60));
});

test('time: durations have three digits and the unit that fits', () => {
  const micros = [0, 999.4, 999.6, 12_345, 999_600, 3_600_000_000, -500];
  const texts = ['0 µs', '999 µs', '1.00 ms', '12.3 ms', '1.00 s', '3600 s', '-500 µs'];
  assert.deepEqual(
    micros.map((each) => formatMicros(each)),
    texts,
  );
});
