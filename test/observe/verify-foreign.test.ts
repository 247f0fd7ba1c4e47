import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { verify } from '../../sandbox/observe/verify.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import { parseShape } from '../../sandbox/verdict/parse-shape.js';
import { command } from '../command.js';
import { scratchFolder } from '../scratch.js';
import { spansOf } from '../trace/written-spans.js';
import { type ForeignSystem, startForeign } from './foreign-system.js';
import { type RunningZipkin, startZipkin } from './running-zipkin.js';

let running: RunningZipkin;
let zipkin: ZipkinClient;
const scratch = await scratchFolder();

before(async () => {
  running = await startZipkin();
  zipkin = new ZipkinClient(running.url);
});
after(async () => {
  await running.stop();
});

const gateway = 'gateway server a<$in 0+400 \n gateway client b<a 20+360';
const orders = 'orders server b<a shared 40+300';
const whole = `${gateway} \n ${orders}`;

const wholeShape = `
  name: GET /orders
  root:
    service: Gateway
    children: [{ service: gateway, kind: CLIENT, children: [{ service: orders, kind: SERVER }] }]`;

interface Case extends ForeignSystem {
  readonly shape?: string;
  readonly count?: number;
  /** `cause at hop` of each trace; none if all are whole. */
  readonly causes?: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  'the answer names the trace': { reports: { 0: whole }, named: 1 },
  'nobody names the trace: three requests are three': { reports: { 0: whole }, count: 3 },
  'it reads B3 only': { reports: { 0: whole }, reads: 'B3' },
  'it reads W3C only': { reports: { 0: whole }, reads: 'W3C' },
  'it reports late, and in parts': {
    reports: { 0: gateway, 700: 'orders server b<a shared 40+? x=1', 1500: 'orders server b<a shared 40+300 y=2' },
  },
  'what never comes is waited for as long as was said': {
    reports: { 0: gateway },
    causes: ['not-reported at orders'],
  },
  'a span without a service name': {
    reports: { 0: whole.replace('gateway server', '- server') },
    causes: ['wrong-service-name at gateway'],
  },
};

for (const [name, { shape = wholeShape, count = 1, causes = [], ...system }] of Object.entries(cases)) {
  test(`another system: ${name}`, async (t) => {
    const { url, came } = await startForeign(t, running.url, system);
    const request = { url, method: 'POST', headers: { Host: 'shop.example.com' }, body: 'two apples' };
    const judged = await verify({
      request,
      count,
      shape: parseShape(shape, 'f.yaml'),
      zipkin,
      sandbox: undefined,
      waitMs: 4000,
    });
    assert.deepEqual(
      judged.flatMap(({ diagnoses }) => diagnoses.map(({ cause, hop }) => `${cause} at ${hop}`)),
      causes,
    );
    assert.equal(judged.filter(({ verdict }) => verdict.whole).length, causes.length > 0 ? 0 : count);
    assert.deepEqual(
      came.map(({ method, body, headers: { host } }) => [method, body, host]),
      Array(count).fill(['POST', 'two apples', 'shop.example.com']),
    );
  });
}

const run = (...args: string[]) => command(args);

const broken = (traceId: string) => {
  const at = `${Date.now() * 1000}+9 trace=${traceId}`;
  return spansOf(`cart client 1 ${at} \n till server 1 ${at} error=503`);
};

test('stored traces: one by its id, those of a file, the last ones of a Zipkin', async () => {
  const traces = [broken('feed0000000000a1'), broken('feed0000000000a2')];
  await fetch(`${running.url}/api/v2/spans`, { method: 'POST', body: JSON.stringify(traces.flat()) });
  const file = join(scratch, 'traces.json');
  await writeFile(file, JSON.stringify(traces));

  const byId = await run('verify', '--id', 'FEED0000000000A1', '--zipkin', running.url);
  assert.equal(byId.exitCode, 1);
  assert.match(byId.stdout, /till SERVER \S+ failed/);

  const ofFile = await run('verify', '--file', file, '--json');
  assert.equal(ofFile.exitCode, 1);
  assert.equal((JSON.parse(ofFile.stdout) as { traces: unknown[] }).traces.length, 2);
  const drawn = await run('trace', '--file', file);
  assert.equal(drawn.exitCode, 0);
  assert.equal(drawn.stdout.match(/^trace feed0000000000a[12] · 2 spans/gm)?.length, 2);

  const recent = await run('verify', '--recent', '100', '--service', 'Till', '--zipkin', running.url, '--wait', '0');
  assert.equal(recent.exitCode, 1);
  assert.match(recent.stdout, /^✗ 2 of 2: failed at till: .*\n {4}feed0000000000a[12] feed0000000000a[12]$/m);
});

test('a file without a trace: one line, exit code 2', async () => {
  const file = join(scratch, 'other.json');
  await writeFile(file, '{"data":[]}');
  for (const command of ['verify', 'trace']) {
    const { exitCode, stderr } = await run(command, '--file', file);
    assert.equal(exitCode, 2);
    assert.match(stderr, /^sandbox: .*other\.json: it holds a trace of Jaeger's API; expected a trace as/);
  }
});

test('refused reports are told apart from reports that were never sent', async (t) => {
  const refused = await startForeign(t, running.url, {
    reports: { 0: 'gateway server a<$in 0+400 \n gateway client $bad<a 1+9' },
  });
  const silent = await startForeign(t, running.url, { reports: {} });
  const said: string[] = [];
  for (const { url } of [refused, silent]) {
    const request = { url, method: 'GET', headers: {} };
    const shape = parseShape(wholeShape, 'f.yaml');
    const options = { request, count: 1, shape, zipkin, sandbox: undefined, waitMs: 1000 };
    said.push(...(await verify(options)).flatMap(({ diagnoses }) => diagnoses.map(({ text }) => text)));
  }
  assert.match(said[0] ?? '', /Zipkin refused reports during the request/);
  assert.match(said[1] ?? '', /Zipkin received no report/);
});
