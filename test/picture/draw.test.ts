import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import type { DrawOptions } from '../../sandbox/picture/terminal-text.js';
import { drawSvg } from '../../sandbox/picture/waterfall-svg.js';
import { drawTrace } from '../../sandbox/picture/waterfall-text.js';
import { buildTree } from '../../sandbox/trace/tree.js';
import { drawn, elevenSpans, spansOf } from '../trace/written-spans.js';

interface Case {
  readonly spans: string;
  readonly options?: Partial<DrawOptions>;
  readonly drawing: string;
}

const faulty = `
  front server a      0+10000 name=get_/a error=true http.status_code=503 response_flags=UF
  front client b<a 1000+8000  name=to_b
  app   server b<a shared 2000+5000 error=no_\u001b[31mroute
  app   -      c<b 3000+1000
  db    client d<b 4500+2500
  lost  server e<x 7000+500
  lost  -      f<e`;

const cases: Readonly<Record<string, Case>> = {
  'no spans': { spans: '', drawing: 'no spans' },
  'the eleven spans at 80 columns': {
    spans: elevenSpans,
    drawing: `
      trace t · 11 spans · 41.2 ms
      1970-01-01 00:00:00.000 UTC        0              20.6 ms        41.2 ms
      front-proxy            SERVER get  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 41.2 ms
      └front-proxy           CLIENT get  █━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━█ 40.3 ms
       └service1             SERVER get  ╺━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━█╸ 39.0 ms
        └service1            CLIENT get   █━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸  38.0 ms
         └service1-app       SERVER get    ███━━━━━━━━━━━━━━━━━━━━━━━━━━━███   36.2 ms
          └service1-app      CLIENT get      ╺█━━━━━━━━━━━━━━━━━━━━━━━━━█      30.0 ms
           └service1         SERVER get       ╺━━━━━━━━━━━━━━━━━━━━━━━━━╸      28.0 ms
            └service1        CLIENT get        █━━━━━━━━━━━━━━━━━━━━━━━█       27.0 ms
             └service2       SERVER get         █━━━━━━━━━━━━━━━━━━━━━█        25.0 ms
              └service2      CLIENT get         ╺█━━━━━━━━━━━━━━━━━━██╸        24.0 ms
               └service2-app SERVER get          ╺██████████████████           20.0 ms
      █ critical path  ━ rest of the same span`,
  },
  'errors, a lost parent and no time': {
    spans: faulty,
    options: { width: 60 },
    drawing: `
      trace t · 7 spans · 10.0 ms
      00:00:00.000 UTC        0         5.00 ms    10.0 ms
      front     SERVER get_/a ███━━━━━━━━━━━━━━━━━━━━━━███ 10.0 ms
      │ ✗ error=true http.status_code=503 response_flags=UF
      └ front   CLIENT to_b     ╺███━━━━━━━━━━━━━━█████╸   8.00 ms
        └ app   SERVER get         ╺██━━━██━━━━━━━         5.00 ms
          │ ✗ error=no_?[31mroute
          ├ app LOCAL  get            ███╸                 1.00 ms
          └ db  CLIENT get                ╺███████         2.50 ms
      lost      SERVER get                       ╶─         500 µs
      │ ✗ its parent x is not in this trace
      └ lost    LOCAL  get    ?                                  ?
      █ critical path  ━ rest of the same span  ─ other span`,
  },
  'in ASCII': {
    spans: 'front-proxy server a 0+900 \n b - b<a 450+450 error=x \n c - c<a',
    options: { width: 50, unicode: false },
    drawing: `
      trace t, 3 spans, 900 us
      00:00:00.000 UTC        0           900 us
      front-proxy SERVER get  #########=========  900 us
      |-b         LOCAL  get           #########  450 us
      |   x error=x
      +-c         LOCAL  get  ?                        ?
      # critical path  = rest of the same span  - other~`,
  },
  'names that do not fit are cut': {
    spans: 'a-service-with-a-long-name server a 0+9 name=get_/a/very/long/path \n 服务服务服务服务服务 client b<a 0+9',
    options: { width: 48 },
    drawing: `
      trace t · 2 spans · 9 µs
      1970-01-01 00:00:00.000 UTC      0  9 µs
      a-service-with-a-lo… SERVER get… ━━━━━━━    9 µs
      └ 服务服务服务服务…  CLIENT get  ███████    9 µs
      █ critical path  ━ rest of the same span`,
  },
  'two clocks that are behind, work after the end, a negative duration, an id used twice, and a cycle': {
    spans: `
      a server 1         5000000+1000
      a client 2<1       5000100+800
      b server 2 shared  4000300+400
      b -      3<2       4000400+100
      a client 4<1       5000100+800
      c server 4 shared        0+400
      d -      5<1       5000500+-400
      d -      5<1       5000500+1
      e -      6<6       5000000+10`,
    options: { width: 78 },
    drawing: `
      trace t · 9 spans · 1.00 ms
      00:00:05.000 UTC     0                    500 µs               1.00 ms
      a        SERVER get  █████━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━█████ 1.00 ms
      ├ a      CLIENT get      ╺██████████━━━━━━━━━━━━━━━━━━━██████████╸      800 µs
      │ └ b    SERVER get                ╺█████━━━━━█████████╸                400 µs
      │   │ ✗ the clock of b is 1.00 s behind; drawn with the clock set right
      │   └ b  LOCAL  get                     ╺█████                          100 µs
      ├ a      CLIENT get      ╶───────────────────────────────────────╴      800 µs
      │ └ c    SERVER get                ╶───────────────────╴                400 µs
      │     ✗ the clock of c is 5.00 s behind; drawn with the clock set right
      ├ d      LOCAL  get                          ╶                         -400 µs
      │   ✗ its duration is negative
      └ d      LOCAL  get                          ╶                            1 µs
          ✗ d LOCAL has the same id, 5
      e        LOCAL  get  ╴                                                   10 µs
        ✗ its parent 6 is one of its own descendants
      █ critical path  ━ rest of the same span  ─ other span`,
  },
  'what is too deep for its branch shows its level': {
    spans: Array.from({ length: 7 }, (_, i) => `a - ${i}${i ? `<${i - 1}` : ''} ${i}+${13 - i * 2}`).join('\n'),
    options: { width: 40 },
    drawing: `
      trace t · 7 spans · 13 µs
      00:00:00.000 UTC     0     13 µs
      a         LOCAL get  █━━━━━━━━━█   13 µs
      └ a       LOCAL get  ╺█━━━━━━━█╸   11 µs
        └ a     LOCAL get   ╺█━━━━━█╸     9 µs
          └ a   LOCAL get    ╺━━━━━╸      7 µs
            └ a LOCAL get     █━━━█       5 µs
      …5 └ a    LOCAL get      █━█        3 µs
      …6 └ a    LOCAL get       █         1 µs
      █ critical path  ━ rest of the same span`,
  },
};

for (const [name, { spans, options, drawing }] of Object.entries(cases)) {
  test(`draw: ${name}`, () => {
    const lines = drawTrace(buildTree(spansOf(spans)), { width: 80, colour: false, ...options });
    assert.equal(lines.map((line) => line.trimEnd()).join('\n'), drawn(drawing));
  });
}

const deep = Array.from({ length: 500 }, (_, i) => `service-${i} client ${i}<${i - 1} ${i}+1 error=服务`).join('\n');

for (const width of [10, 40, 80, 81, 120, 200]) {
  test(`draw: no line is wider than ${width} columns, and colours change no text`, () => {
    for (const spans of [elevenSpans, faulty, deep]) {
      const tree = buildTree(spansOf(spans));
      const plain = drawTrace(tree, { width, colour: false });
      const coloured = drawTrace(tree, { width, colour: true });
      assert.deepEqual(coloured.map(stripVTControlCharacters), plain);
      assert.ok(Math.max(...plain.map((line) => stringWidth(line))) <= Math.max(width, 40));
    }
  });
}

const levels = (parentOf: (i: number) => number) =>
  Array.from(
    { length: 40_000 },
    (_, i) => `a - ${i}${i ? `<${parentOf(i)}` : ''} ${i}+${90_000 - i} ${i === 39_000 ? 'error=x' : ''}`,
  );

for (const [name, parentOf] of Object.entries({
  flat: () => 0,
  deep: (i: number) => i - 1,
  fan: (i: number) => i >> 3,
})) {
  test(`draw: 40,000 spans, ${name}: the drawing says how many are left out`, { timeout: 60_000 }, () => {
    const spans = spansOf(levels(parentOf).join('\n'));
    const lines = drawTrace(buildTree(spans), { width: 80, colour: false });
    assert.ok(lines.length < 2500);
    const rows = lines.filter((line) => / LOCAL /.test(line)).length;
    assert.ok(lines.includes(`${rows} of 40000 spans are drawn; ${40_000 - rows} are left out`));
    const leftOut = lines.flatMap((line) => /… (\d+) spans? below it left out: a LOCAL/.exec(line)?.[1] ?? []);
    assert.equal(
      leftOut.reduce((sum, count) => sum + Number(count), rows),
      40_000,
    );
    assert.equal(
      lines.some((line) => line.includes('✗ error=x')),
      name !== 'deep',
    );
    assert.ok(drawSvg(buildTree(spans)).length < 3_000_000);
  });
}

test('draw: a failed span is red, and other spans are not', () => {
  const red = '\u001b[31m';
  const lines = drawTrace(buildTree(spansOf('a - 1 0+1 error=x \n b - 2<1 0+1')), { width: 80, colour: true });
  assert.deepEqual(
    lines.map((line) => line.includes(red)),
    [false, false, true, true, false, false],
  );
});

test('draw: no name controls the terminal', () => {
  const text = 'x\u001b[2J\u009b31m\u202e\r\n\u0007';
  const span = { traceId: text, id: '1', name: text, localEndpoint: { serviceName: text }, tags: { error: text } };
  const drawing = drawTrace(buildTree([{ ...span, parentId: text }]), { width: 200, colour: false }).join('');
  assert.doesNotMatch(drawing, /\p{C}/u);
});
