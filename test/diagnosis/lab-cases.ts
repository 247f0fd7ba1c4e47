import type { Evidence, ReporterState } from '../../sandbox/diagnosis/evidence.js';
import type { JudgeOptions } from '../../sandbox/verdict/judge.js';
import { elevenSpans, spansOf } from '../trace/written-spans.js';
import { changed, fromEgress, toApp1 } from './broken-traces.js';

/** One way to break a trace, the spans in Zipkin, and the diagnosis. */
export interface LabCase {
  readonly spans: string;
  readonly evidence?: Evidence;
  readonly options?: JudgeOptions;
  /**
   * A line for each diagnosis: `cause at hop`, and `: text` where its sentence comes first. Each sentence stands in one
   * case only.
   */
  readonly says: string;
}

const newTrace = '4bf92f3577b34da6a3ce929d0e0e4736';
const newHalf = spansOf(fromEgress('z', newTrace));
const b3 = {
  'x-b3-traceid': '80f198ee56343ba864fe8b2a57d3eff7',
  'x-b3-spanid': 'e457b5a2e4d86bd1',
  'x-b3-sampled': '1',
};
const sent = (headers: Record<string, string>) => [{ at: 'service1-app', direction: 'out', headers } as const];
const nothingLost = ['front-proxy', 'service1', 'service2', 'service1-app', 'service2-app'].map(
  (service): ReporterState => ({
    service,
    reporter: service.endsWith('app') ? 'app' : 'Envoy',
    lost: 0,
    unit: 'spans',
    isReporting: false,
  }),
);
const parent = 'expected service1-app CLIENT d as parent';
const failed = 'error=true http.status_code=503';

export const labCases: Readonly<Record<string, LabCase>> = {
  'the app drops all headers, seen by its log': {
    spans: toApp1,
    evidence: { nearby: [newHalf], headers: sent({ 'x-request-id': 'r1' }) },
    says: `context-dropped at service1-app: service1-app forwarded no B3 headers: its call began a new trace 4bf92f35…; ${parent}`,
  },
  'the second half of that request': {
    spans: fromEgress('z', newTrace),
    evidence: { nearby: [spansOf(toApp1)] },
    says: `context-dropped at service1-app: service1-app forwarded no B3 headers, or not all of them: this trace begins at service1 SERVER z; the first half of this request is trace t`,
  },
  'the app drops only the span id, seen by its log': {
    spans: toApp1,
    evidence: { nearby: [newHalf], headers: sent({ 'x-b3-traceid': b3['x-b3-traceid'], 'x-b3-sampled': '1' }) },
    says: `span-id-dropped at service1-app: service1-app forwarded a trace id without a span id: its call began a new trace 4bf92f35…; ${parent}`,
  },
  'the app sends malformed ids': {
    spans: toApp1,
    evidence: { headers: sent({ ...b3, 'x-b3-traceid': 'zzzz' }) },
    says: `context-malformed at service1-app: service1-app forwarded malformed B3 headers: its call is not in this trace; ${parent}`,
  },
  'the app sends an empty parent': {
    spans: changed(/server d<c/, 'service1 server d shared 6600+28000'),
    says: `parent-dropped at service1-app: service1-app sent no parent span id, or an empty one: service1 SERVER d has no parent, but its caller service1-app CLIENT d has c`,
  },
  'the app sends a span id kept from an earlier request': {
    spans: changed(/server d<c/, 'service1 server old<c shared 6600+28000').replace(/ e<d/g, ' e<old'),
    evidence: { nearby: [spansOf('service1-app client old<x trace=earlier')] },
    says: `stale-span-id at service1-app: service1-app sent a stale span id, old, which is that of its call in trace earlier: expected service1-app CLIENT d as parent of service1 SERVER old`,
  },
  'the app sends a whole context kept from an earlier request': {
    spans: toApp1,
    evidence: {
      nearby: [spansOf(`front-proxy server o trace=earlier guid:x-request-id=r0 ${fromEgress('old<x', 'earlier')}`)],
    },
    says: `stale-context at service1-app: service1-app sent the context of another request: its call is in trace earlier; ${parent}`,
  },
  'the trace whose context was kept': {
    spans: `${elevenSpans.replace('41200', '41200 guid:x-request-id=r0')}
      service1     server d<c shared   66000+28000 guid:x-request-id=r1
      service1     client g<d          70000+27000`,
    says: `stale-context at service1-app: service1-app used the context of this trace for other requests too (x-request-id r1): it kept the context after the request`,
  },
  "the app sends its parent's span id on": {
    spans: changed(/server d<c/, 'service1 server c<b shared 6600+28000').replace(/ e<d/g, ' e<c'),
    says: `span-id-reused at service1-app: service1-app reused its parent's span id: it sent c instead of its own d; expected service1-app CLIENT d as parent of service1 SERVER c`,
  },
  'the app gives its call the span id of its own parent': {
    spans: changed(/client d<c/, 'service1-app client c<b 5500+30000')
      .replace('server d<c', 'server c<b')
      .replace(/ e<d/g, ' e<c'),
    says: `span-id-reused at service1-app: service1-app reused a span id: service1-app CLIENT c has the id of service1 CLIENT`,
  },
  'the app re-decides sampling, seen by its log': {
    spans: toApp1,
    evidence: { headers: sent({ ...b3, 'x-b3-sampled': '0' }) },
    options: {
      headers: [{ at: 'service1-app', direction: 'in', headers: b3 }, ...sent({ ...b3, 'x-b3-sampled': '0' })],
    },
    says: `decision-changed at service1-app: trace cut after service1-app: it sent the sampling decision 0, but front-proxy had decided 1`,
  },
  'the app re-decides sampling, and no reporter lost anything': {
    spans: toApp1,
    evidence: { reporters: nothingLost },
    says: `decision-changed at service1-app: trace cut after service1-app: service1, service2 and service2-app recorded no span of this request, and lost none, so the sampling decision that they got was probably 0`,
  },
  'Zipkin has not taken all reports yet': {
    spans: toApp1,
    evidence: { reporters: nothingLost.map((each) => ({ ...each, isReporting: each.service.startsWith('service') })) },
    says: ['service1', 'service2', 'service2-app']
      .map(
        (service) =>
          `not-reported at ${service}: ${service}'s spans are missing: its ${service.endsWith('app') ? 'app' : 'Envoy'} still waits for Zipkin to take its reports; judge the trace again later, with --id`,
      )
      .join('\n'),
  },
  'the trace is cut, and nothing else is known': {
    spans: toApp1,
    says: `trace-cut at service1-app: trace cut after service1-app: service1, service2 and service2-app recorded no span of this request, so service1-app sent the sampling decision 0, or they all lost their spans`,
  },
  'the app sends the single b3 header only, which the next app does not read': {
    spans: changed(/server f<e/).replace('client f<e', 'client f<e component=proxy'),
    evidence: {
      nearby: [spansOf(`service2-app server y 10000+20000 trace=${newTrace}`)],
      headers: sent({ b3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1' }),
    },
    says: `b3-single-only at service1-app: service1-app forwarded only the single b3 header, which service2-app did not read: its call began a new trace 4bf92f35…; expected service2 CLIENT f as parent`,
  },
  'the next app does not join the context that its sidecar sent': {
    spans: changed(/server f<e/).replace('client f<e', 'client f<e component=proxy'),
    evidence: {
      nearby: [
        spansOf('cache server y 10000+1 trace=decoy'),
        spansOf('service2-app server y 90000+1 trace=later'),
        spansOf(`service2-app server y 10000+20000 trace=${newTrace}`),
      ],
    },
    says: `context-ignored at service2-app: service2-app did not join the trace that service2 sent: its call began a new trace 4bf92f35…; expected service2 CLIENT f as parent`,
  },
  'the app cuts the trace id to 64 bits': {
    spans: toApp1.replace(/$/gm, ' trace=80f198ee56343ba864fe8b2a57d3eff7').replace(/^ +trace=\S+$/gm, ''),
    evidence: { nearby: [spansOf(fromEgress('d<c', '64fe8b2a57d3eff7'))] },
    says: `trace-id-cut at service1-app: service1-app sent only the last 16 digits of the trace id: its call is in trace 64fe8b2a…; ${parent}`,
  },
  'the last sidecar sends another trace id': {
    spans: changed(/server f<e/),
    evidence: { nearby: [spansOf(`service2-app server f<e shared 10000+20000 trace=${newTrace}`)] },
    says: `trace-id-changed at service2: service2 sent its span id with another trace id: its call is in trace 4bf92f35…; expected service2 CLIENT f as parent`,
  },
  'the last app reports nothing': {
    spans: changed(/service2-app/),
    says: `not-reported at service2-app: service2-app reports no span: service2-app SERVER missing`,
  },
  'app and sidecar report nothing: the rest hangs in the air': {
    spans: changed(/service1(-app)? +\w+ [bcd]<|client e<d/),
    says: `
      not-reported at service1: service1 reports no span: service1 SERVER and service1 CLIENT missing, but the service that it called joined the trace
      not-reported at service1-app: service1-app reports no span: service1-app SERVER and service1-app CLIENT missing, but the service that it called joined the trace
    `,
  },
  'the app reports under the wrong service name': {
    spans: elevenSpans.replaceAll('service1-app', 'my-app'),
    says: `wrong-service-name at service1-app: service1-app reports under the wrong service name: its spans are those of my-app`,
  },
  'a sidecar with the wrong collector': {
    spans: changed(/service2 /),
    evidence: { reporters: [{ service: 'service2', reporter: 'Envoy', lost: 12, unit: 'reports', isReporting: true }] },
    says: `reports-lost at service2: service2's spans are missing: its Envoy dropped 12 reports; check the address of the collector that it sends to`,
  },
  'a sidecar by-passed': {
    spans: changed(/service1 .*(server d|client e)/)
      .replace('server e<d', 'server d<c')
      .replace(/ f<e/g, ' f<d'),
    says: `hop-bypassed at service1-app: service1-app called service2 directly and bypassed service1: service1 SERVER and service1 CLIENT are missing, and caller and server share span id d`,
  },
  'the clock of an app is a second ahead': {
    spans: elevenSpans.replace('2500+36200', '1002500+36200').replace('5500+30000', '1005500+30000'),
    says: `clock-skew at service1-app: the clock of service1-app is 1.00 s ahead of the others': its spans lie outside the calls that they belong to`,
  },
  'the app ends long after its caller': {
    spans: elevenSpans.replace('10000+20000', '10000+200000'),
    says: `late-end at service2-app: service2-app SERVER f ended 178 ms after its caller service2 had the answer: it kept working, or it reports its end late`,
  },
  'service2 is slow': {
    spans: elevenSpans
      .replaceAll(/\+(\d+)/g, (_, micros: string) => `+${Number(micros) + 2_000_000}`)
      .replace('10000+2020000', '2010000+20000')
      .replace('8400+2024000', '2008400+24000')
      .replace('server e<d shared', 'server e<d response_flags=DI shared'),
    options: { within: 1_000_000 },
    says: `slow at service2: slow: service2 itself took 2.00 s of 2.04 s (98 %); at most 1.00 s expected; a fault filter delayed the request`,
  },
  'service2 fails': {
    spans: changed(/ f<e/)
      .replace('25000', `25000 ${failed} response_flags=FI`)
      .replace(/2\d000|3\d000|3\d200|4\d\d00/g, (time) =>
        time === '25000' ? time : `${time} ${failed} response_flags=-`,
      ),
    says: `failed at service2: service2 SERVER e failed: status 503, a fault filter aborted the request (FI); it did not reach service2 CLIENT and service2-app SERVER; front-proxy, service1 and service1-app passed the error on`,
  },
  'service2 fails half of its calls, and the sidecar tries again': {
    spans: `${elevenSpans}
      service1     client g<d           6800+150 ${failed}
      service2     server g<d shared    6820+100 ${failed} response_flags=FI`,
    says: `retried at service1: service1 tried service2 2 times: 503, ok; the first failed at service2 SERVER g: status 503, a fault filter aborted the request (FI)`,
  },
  'no span at all: denied': {
    spans: '',
    evidence: { headers: [{ at: 'front-proxy', direction: 'in', headers: { b3: '0' } }] },
    says: `no-trace at front-proxy: Zipkin has no span of this request: the sampling decision was 0`,
  },
};
