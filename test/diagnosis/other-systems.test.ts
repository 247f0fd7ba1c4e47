import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../sandbox/diagnosis/diagnose.js';
import { ServedCalls } from '../../sandbox/verdict/cut-call.js';
import { anyShape, judge } from '../../sandbox/verdict/judge.js';
import { spansOf } from '../trace/written-spans.js';

interface Case {
  readonly spans: string;
  /** Other traces in the same Zipkin. */
  readonly others?: string;
  /** What is wrong, as `cause at hop`. Default: nothing. */
  readonly causes?: readonly string[];
  /** What the explanations must say too. */
  readonly says?: RegExp;
  /** What the notes must say. */
  readonly notes?: RegExp;
}

/** Spans of many kinds of tracers, and the expected verdict if only the trace is known. */
const cases: Readonly<Record<string, Case>> = {
  'a consumer that starts when its producer has ended': {
    spans: `
      shop    server   a       0+12000
      shop    producer b<a  5000+300
      billing consumer c<b 905000+200
      billing -        d<c 905300+40000`,
  },
  'two consumers of one message': {
    spans: 'a producer 1 0+9 \n b consumer 2<1 90+9 \n c consumer 3<1 80+9',
  },
  'a consumer that waited for the message': { spans: 'a producer 1 500+9 \n b consumer 2<1 0+600' },
  'a mobile user who pauses': {
    spans: 'app - 1 0+60000000 \n app client 2<1 100+900 \n api server 2 shared 200+500 \n app client 3<1 50000000+90',
  },
  'work that goes on after the answer': { spans: 'a server 1 0+100 \n a - 2<1 50+900000 \n a - 3<1 500+10' },
  'the wait in a queue, recorded afterwards': { spans: 'a server 1 9000+100 \n a - 2<1 0+9000' },
  'a span in two parts': {
    spans: 'a client 1 0+9 \n b server 1 shared 2+? x=1 \n b server 1 shared 2+5 y=2',
  },
  'a part that says neither kind nor time': {
    spans: 'a client 1 0+9 \n b server 1 shared 2+5 \n b - 1',
  },
  'a span that a reporter sent again': { spans: 'a client 1 0+9 \n b server 1 shared 2+5 \n b server 1 shared 2+5' },
  'a retry that kept its span id, at two addresses': {
    spans: `
      orders client c          0+20000
      stock  server c shared  1000+3000 ip=11 error=true http.status_code=503
      stock  server c shared  7000+9000 ip=12 http.status_code=200`,
    causes: ['retry-kept-id at orders'],
    says: /stock at 10\.0\.0\.11 \(503\) and stock at 10\.0\.0\.12 \(200\)/,
  },
  'a client that tried again under one id': {
    spans: 'a server 1 0+90 \n a client 2<1 1+9 error=reset \n a client 2<1 20+9 http.status_code=200',
    causes: ['retry-kept-id at a'],
  },
  'a retry with an id of its own': {
    spans: 'a server 1 0+90 \n a client 2<1 1+9 error=reset \n a client 3<1 20+9',
    causes: ['retried at a'],
  },
  'another call after one that failed is no retry': {
    spans: 'a server 1 0+90 \n a client 2<1 1+9 error=reset http.path=/x \n a client 3<1 20+9 http.path=/y',
    causes: ['failed at a'],
  },
  'a request that a proxy mirrors': {
    spans: 'a client 1 0+90 \n b server 1 shared 2+50 ip=1 \n b server 1 shared 3+60 ip=2',
    causes: ['call-copied at a'],
    says: /no earlier one failed: a copy/,
  },
  'a filter and a framework that both trace the request': {
    spans: 'a client 1 0+90 \n b server 1 shared 2+50 ip=1 \n b server 1 shared 3+40 ip=1',
    causes: ['instrumented-twice at b'],
  },
  'an id of two callers': {
    spans: 'a server 1 0+90 \n a client 2<1 1+9 \n a client 3<1 20+9 \n b client 2<3 21+5',
    causes: ['span-id-reused at b'],
  },
  'a context kept between requests': {
    spans: 'a server 1 0+90 \n a client 2<1 1+9 \n b server 2 shared 2+5 \n b server 2 shared 5000+5',
    causes: ['stale-context at a'],
    notes: /a start time after the end of its call/,
  },
  'a router that begins the trace and reports nothing': {
    spans: 'orders server b<9 0+90 \n orders client c<b 1+9 \n stock server c<b shared 2+5',
    notes: /the trace begins at orders SERVER b, whose parent 9 is not in it/,
  },
  'a span in the middle that was not reported': {
    spans: 'a server 1 0+90 \n b server 3<2 2+50 \n b client 4<3 3+9',
    causes: ['not-reported at b'],
  },
  'a span id of another request': {
    spans: 'a server 1 0+90 \n b server 3<2 2+50',
    others: 'a client 2<7 0+9 trace=u',
    causes: ['stale-span-id at b'],
  },
  'two requests with one trace id': {
    spans: 'a server 1 0+90 \n a server 2 500+90',
    causes: ['other at a'],
    says: /second root/,
  },
  'a call that went on in another trace, by its span id': {
    spans: 'a server 1 0+90 \n a client 2<1 1+80',
    others: 'b server 2<1 shared 5+50 trace=u',
    causes: ['trace-id-changed at a'],
  },
  'a call that went on in another trace, by its request id and time': {
    spans: 'a server 1 0+90 guid:x-request-id=r \n a client 2<1 1+80',
    others: 'b server 7 5+50 trace=u guid:x-request-id=r',
    causes: ['context-dropped at a'],
  },
  'a caller that gives all its requests one request id': {
    spans: 'a server 1 0+90 guid:x-request-id=r \n a client 2<1 1+80',
    others: 'a server 7 500+50 trace=u guid:x-request-id=r',
  },
  'a server on another host that begins before its client': {
    spans: 'a client 1 9000+900 ip=1 \n b server 1 shared 0+500 ip=2',
    causes: ['clock-skew at b'],
  },
  'the same on one host: somebody notes the start wrong': {
    spans: 'a client 1 9000+900 ip=1 \n b server 1 shared 0+500 ip=1',
    causes: ['other at b'],
    says: /both are on one host/,
  },
  'a tracer of milliseconds beside one of microseconds': {
    spans: 'a client 1 1795510268546999+900 ip=1 \n b server 1 shared 1795510268546000+1000 ip=2',
  },
  'a server that begins after its client has ended': {
    spans: 'a client 1 0+900 \n b server 1 shared 50000+500',
    notes: /asynchronously, or its clock is ahead. The trace alone cannot tell/,
  },
  'an answer that is streamed long after its headers': { spans: 'a client 1 0+900 \n b server 1 shared 100+5000000' },
  'times in milliseconds': {
    spans: 'a client 1 1795510268546000+90000 \n b server 1 shared 1795510268548+50',
    causes: ['wrong-unit at b'],
    says: /in milliseconds/,
  },
  'times in nanoseconds': { spans: 'a server 1 1795510268546000000+90', causes: ['wrong-unit at a'] },
  'a span that was never finished': { spans: 'a server 1 0+90 \n a client 2<1 5+?', causes: ['other at a'] },
  'messages and one-way calls without duration': {
    spans: 'a producer 1 0+? \n b consumer 2<1 50+? \n b client 3<2 60+? \n c server 3 shared 70+?',
  },
  'error=false, from a tracer whose tags are booleans': {
    spans: 'a server 1 0+90 error=false',
    notes: /error=false: it did not fail/,
  },
  'an empty error': { spans: 'a server 1 0+90 error=', causes: ['failed at a'] },
  'a span without a service name': { spans: '- server 1 0+90 ip=3', notes: /no service name at 10\.0\.0\.3\. Set it/ },
  'ids of 64 and of 128 bits, in a Zipkin that takes both for one': {
    spans: 'a client 1 0+90 trace=80f198ee56343ba864fe8b2a57d3eff7 \n b server 1 shared 1+9 trace=64fe8b2a57d3eff7',
    notes: /only the last 16 digits/,
  },
  'a server that got its span id without the parent': {
    spans: 'a server 0 0+99 \n a client 1<0 1+90 \n b server 1 shared 2+9',
  },
  'a hop that makes a request id of its own': {
    spans: 'a server 1 0+90 guid:x-request-id=r \n a client 2<1 1+80 \n b server 2 shared 5+9 guid:x-request-id=s',
    notes: /another x-request-id/,
  },
  'no span': { spans: '', causes: ['no-trace at '] },
};

for (const [name, { spans, others = '', causes = [], says = /^/, notes = /^/ }] of Object.entries(cases)) {
  test(`any trace: ${name}`, () => {
    const nearby = [spansOf(others)];
    const verdict = judge(anyShape, spansOf(spans), { otherCalls: new ServedCalls(nearby) });
    const seen = diagnose(verdict, { nearby });
    assert.deepEqual(
      seen.map(({ cause, hop }) => `${cause} at ${hop}`),
      causes,
    );
    assert.equal(verdict.whole, causes.length === 0);
    assert.match(seen.map(({ text }) => text).join('\n'), says);
    assert.match(verdict.notes.join('\n'), notes);
    assert.ok(notes.source !== '^' || verdict.notes.length === 0, verdict.notes.join());
  });
}
