import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../sandbox/diagnosis/diagnose.js';
import type { Evidence } from '../../sandbox/diagnosis/evidence.js';
import { withOwnApps } from '../../sandbox/topology/model.js';
import { shapeOf } from '../../sandbox/topology/model-shape.js';
import { judge } from '../../sandbox/verdict/judge.js';
import { ownModel } from '../topology/own-shape.js';
import { spansOf } from '../trace/written-spans.js';

const { shape } = shapeOf(withOwnApps(ownModel, ['service1', 'service2']), '/trace/1');
assert.ok(shape);

/** From the beginning to the first app, and on from the span that its call joins. */
const before = `
  front-proxy  server a                0+41200 guid:x-request-id=r1
  front-proxy  client b<a            400+40300
  service1     server b<a shared    1100+39000 guid:x-request-id=r1
  service1     client c<b           1500+38000`;
const after = (egress: string, requestId = 'r1') => `
  service1     server ${egress}      6600+28000 guid:x-request-id=${requestId}
  service1     client e<d            7000+27000
  service2     server e<d shared     8000+25000 guid:x-request-id=${requestId}
  service2     client f<e            8400+24000`;
const second = 'service2-app server f<e shared 10000+20000';
const sharing = "service2-app: a SERVER span that shares its caller's id";

const noRequestId = 'service1-app does not forward x-request-id, so the logs of this request have different ids';

const accepted: readonly (readonly [title: string, spans: string, notes: readonly string[]])[] = [
  [
    'B3 with shared ids',
    `${before}
      service1-app server c<b shared 2500+36200
      service1-app client d<c        5500+30000
      ${after('d<c shared')}
      ${second}`,
    ["service1-app: a SERVER span that shares its caller's id, 1 CLIENT", sharing],
  ],
  [
    'OpenTelemetry: ids of its own, LOCAL spans, no parent id and no x-request-id sent on',
    `${before}
      service1-app server s<c  2500+36200
      service1-app -      l<s  2600+36000
      service1-app client d<l  5500+30000
      ${after('d shared', 'r2')}
      service2-app server z<f 10000+20000
      service2-app -      y<z 10100+18000`,
    [
      'service1-app: a SERVER span with its own id, below its caller, 1 LOCAL, 1 CLIENT',
      noRequestId,
      'service2-app: a SERVER span with its own id, below its caller, 1 LOCAL',
    ],
  ],
  [
    'a name of the user’s own, a database beside the call, headers carried on',
    `${before}
      shop server s<c  2500+36200
      shop client q<s  2600+1000
      shop client d<s  5500+30000
      ${after('d shared')}`,
    [
      'service1-app: a SERVER span with its own id, below its caller, 1 CLIENT; it reports as shop',
      'service2-app: no span',
    ],
  ],
  [
    'a SERVER span, and the headers carried on by hand',
    `${before}
      service1-app server s<c  2500+36200
      service1-app client q<s  5500+30000
      ${after('c<b shared').replaceAll('<d', '<c')}
      ${second}`,
    [
      'service1-app: a SERVER span with its own id, below its caller, no CLIENT span; it forwards the headers unchanged',
      sharing,
    ],
  ],
];

for (const [title, spans, notes] of accepted) {
  test(`an app of the user’s own: ${title}`, () => {
    const verdict = judge(shape, spansOf(spans));
    assert.deepEqual(verdict.findings, []);
    assert.deepEqual(verdict.notes, notes);
  });
}

const server = 'service1-app server s<c 2500+36200';
const client = 'service1-app client d<s 5500+30000';
const newTrace = `
  service1     server n trace=u  6600+28000
  service1     client o<n trace=u 7000+27000`;

interface Fault {
  readonly title: string;
  readonly spans: string;
  readonly nearby?: string;
  readonly headers?: Evidence['headers'];
  readonly elsewhere?: readonly string[];
  readonly diagnosis: string;
}

const faults: readonly Fault[] = [
  {
    title: 'the HTTP client is not instrumented',
    spans: `${before}\n${server}`,
    nearby: newTrace,
    diagnosis: `context-dropped at service1-app: service1-app made no CLIENT span and sent no context: its HTTP client is not instrumented; its call began trace u`,
  },
  {
    title: 'the propagator writes nothing that Envoy reads',
    spans: `${before}\n${server}\n${client}`,
    nearby: newTrace,
    diagnosis: `context-dropped at service1-app: service1-app sent no context with service1-app CLIENT d: set a propagator that writes B3 or traceparent; its call began trace u`,
  },
  {
    title: 'the propagator reads nothing that Envoy writes',
    spans: before,
    nearby: `unknown_service:node server m trace=v 2500+36200\n${newTrace}`,
    elsewhere: ['service1-app'],
    diagnosis: `context-ignored at service1-app: service1-app did not join the trace that service1 sent: its SERVER span began trace v; set a propagator that reads B3 or traceparent`,
  },
  {
    title: 'neither a span nor the headers',
    spans: before,
    nearby: newTrace,
    diagnosis: `context-dropped at service1-app: service1-app left no span and forwarded no context; its call began trace u`,
  },
  {
    title: 'its spans do not come',
    spans: `${before}${after('d shared', 'r2')}\n${second}`,
    diagnosis: `not-reported at service1-app: service1-app joined this trace and forwarded its context, but none of its spans came to Zipkin: check the address that its exporter sends to, and that it exports before it ends`,
  },
  {
    title: 'its own sampler',
    spans: before,
    headers: ['1', '0'].map((sampled) => ({
      at: 'service1',
      direction: 'out',
      headers: { 'x-b3-traceid': '463ac35c9f6413ad', 'x-b3-sampled': sampled },
    })),
    diagnosis: `decision-changed at service1-app: service1-app received the sampling decision 1 and sent 0: it has its own sampler; set a sampler that keeps the parent's decision`,
  },
];

for (const { title, spans, nearby = '', headers = [], elsewhere = [], diagnosis } of faults) {
  test(`an app of the user’s own, broken: ${title}`, () => {
    const verdict = judge(shape, spansOf(spans), { elsewhere });
    const diagnoses = diagnose(verdict, { nearby: spansOf(nearby).map((span) => [span]), headers });
    assert.deepEqual(
      diagnoses.map(({ cause, hop, text }) => `${cause} at ${hop}: ${text}`),
      [diagnosis],
    );
  });
}
