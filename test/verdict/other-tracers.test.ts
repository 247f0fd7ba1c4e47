import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawTrace } from '../../sandbox/picture/waterfall-text.js';
import { alignClocks } from '../../sandbox/trace/clock.js';
import { buildTree } from '../../sandbox/trace/tree.js';
import { judge } from '../../sandbox/verdict/judge.js';
import { matchShape } from '../../sandbox/verdict/match-shape.js';
import { parseShape } from '../../sandbox/verdict/parse-shape.js';
import { recordShape } from '../../sandbox/verdict/record-shape.js';
import { drawn, outline, spansOf } from '../trace/written-spans.js';

interface Recorded {
  readonly spans: string;
  readonly tree: string;
  /** Microseconds that the clock of a service is ahead. */
  readonly ahead: Readonly<Record<string, number>>;
  readonly findings: readonly string[];
}

/**
 * Traces of other tracers, with the facts (service, kind, ids, times) of those in Zipkin's own tests,
 * https://github.com/openzipkin/zipkin, zipkin-lens/testdata and zipkin-lens/src/test/data, Apache-2.0. Ids are cut to
 * four digits, and times begin at 0.
 */
const recorded: Readonly<Record<string, Recorded>> = {
  'two services with unlike clocks (skew.json)': {
    spans: `
      serviceb -      4321<7428          1+65000
      serviceb server 7428<bf39 shared   0+93577
      servicea server bf39           62307+99411
      servicea client 7428<bf39      65441+94539`,
    tree: `
      servicea server bf39
        servicea client 7428
          serviceb server 7428
            serviceb - 4321`,
    ahead: { serviceb: -65922 },
    findings: ['outside-parent'],
  },
  'py_zipkin behind HAProxy and Envoy, databases as callers without a server (yelp.json)': {
    spans: `
      mobile_api          client 15fc<f5f2          84646+14000
      mobile_api          client 7a77<f5f2          72646+3000
      spectre             server 7a77<f5f2 shared   73386+1490
      mobile_api          client 6a65<f5f2          64676+1026
      mobile_api          client cb4d<f5f2          63288+1066
      mobile_api          server f5f2<2e8c shared   59749+41740
      yelp-main           client f5f2<2e8c          49646+56000
      yelp-main           client 0fac<241c          34771+233
      yelp-main           client 50b5<241c          35250+374
      yelp-main           client 2b68<241c          33084+1068
      yelp-main           -      241c<668e          31856+3884
      yelp-main           client b593<241c          32378+445
      yelp-main           client e7d1<668e          30661+993
      yelp_main/api_proxy server 668e<2e8c shared   27641+88935
      unknown             client 668e<2e8c           1646+125000
      routing             server 2e8c shared            0+131848`,
    tree: `
      routing server 2e8c
        unknown client 668e
          yelp_main/api_proxy server 668e
            yelp-main client e7d1
            yelp-main - 241c
              yelp-main client b593
              yelp-main client 2b68
              yelp-main client 0fac
              yelp-main client 50b5
        yelp-main client f5f2
          mobile_api server f5f2
            mobile_api client cb4d
            mobile_api client 6a65
            mobile_api client 7a77
              spectre server 7a77
            mobile_api client 15fc`,
    ahead: {},
    findings: [],
  },
  'Kong, whose plugins record spans without service or duration (malformed.js)': {
    spans: `
      -       -      d5cb<d654
      -       -      80b8<d654
      -       -      2a49<ed39
      -       -      3e53<d654  0+16000
      rewards client d654<ed39  0+35000
      -       server ed39       0+35000
      -       -      862d<d654`,
    tree: `
      - server ed39
        rewards client d654
          - - 3e53
          - - d5cb
          - - 80b8
          - - 862d
        - - 2a49`,
    ahead: {},
    findings: ['unfinished-span', 'unfinished-span', 'unfinished-span', 'unfinished-span'],
  },
  'OpenTelemetry with B3: every span has an id of its own': {
    spans: `
      frontend client 2<1   100+900
      frontend server 1       0+1100
      backend  server 3<2   200+700
      backend  -      4<3   300+100`,
    tree: `
      frontend server 1
        frontend client 2
          backend server 3
            backend - 4`,
    ahead: {},
    findings: [],
  },
};

for (const [name, { spans, tree, ahead, findings }] of Object.entries(recorded)) {
  test(`other tracers: ${name}`, () => {
    const seen = spansOf(spans);
    const built = buildTree(seen);
    assert.equal(outline(built), drawn(tree));
    const { skews } = alignClocks(built);
    assert.deepEqual(Object.fromEntries(skews.map((skew) => [skew.service, skew.ahead])), ahead);
    assert.ok(drawTrace(built, { width: 80, colour: false }).length >= seen.length);
    const anything = parseShape('name: n\nroot: { service: /^/ }\nothers: allowed', 'f.yaml');
    assert.deepEqual(
      judge(anything, seen).findings.map(({ type }) => type),
      findings,
    );
    if (seen.every((span) => span.localEndpoint)) {
      const shape = parseShape(recordShape(built, 'seen'), 'recorded.yaml');
      assert.deepEqual(matchShape(shape, built).findings, []);
    }
  });
}
