import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { resetLab } from '../../sandbox/lab/cases.js';
import type { HeadersAt } from '../../sandbox/picture/header-table.js';
import type { Span } from '../../sandbox/trace/span.js';
import { command } from '../command.js';
import { scratchFolder } from '../scratch.js';
import { request, sandbox, shapeOf, spansOf, tracedRequest } from './requests.js';

const scratch = await scratchFolder();

const run = (...args: string[]) => command(args);

/** `trace` and `verify` do the same in both ways to run. `headers` and `lab` look into containers. */
const skip = sandbox.mode === 'compose' && 'tried natively';

describe('trace', { skip }, () => {
  test('--join joins a given context', async () => {
    const traceId = `${'0123456789abcdef'}${Date.now().toString(16).padStart(16, 'f')}`;
    const { stdout } = await run('trace', '/trace/2', '--join', `${traceId}-00000000000000ff`, '--json');
    const document = JSON.parse(stdout) as { traceId: string; spans: Span[] };
    assert.equal(document.traceId, traceId);
    assert.equal(document.spans.find(({ id }) => id === '00000000000000ff')?.localEndpoint?.serviceName, 'front-proxy');
  });

  test('--no-sample: an answer and no trace', async () => {
    const { stdout, exitCode } = await run('trace', '--no-sample');
    assert.equal(exitCode, 0);
    assert.match(stdout, /^HTTP 200; the request asked for no trace, and Zipkin has no trace [0-9a-f]+$/);
  });

  test('--id draws a stored trace; --svg writes it as a picture', async () => {
    const { answer } = await tracedRequest('/trace/2', shapeOf('/trace/2'));
    const file = join(scratch, 'trace.svg');
    const { stdout, exitCode } = await run('trace', '--id', answer.traceId, '--svg', file);
    assert.equal(exitCode, 0);
    assert.match(stdout, new RegExp(`trace ${answer.traceId} · 5 spans`));
    const svg = await readFile(file, 'utf8');
    for (const part of ['<svg ', '<title ', '<desc ', '>service2-app</text>', answer.traceId])
      assert.ok(svg.includes(part), part);
  });

  test('a trace that is not stored: exit code 1', async () => {
    const { exitCode, stderr } = await run('trace', '--id', 'deadbeef');
    assert.equal(exitCode, 1);
    assert.match(stderr, /^sandbox: trace deadbeef: Zipkin has no span of it/);
  });

  test('-X and -H reach the front proxy', async () => {
    const { stdout } = await run('trace', '/trace/2', '-X', 'POST', '-H', 'b3: 1', '--json');
    const { answer, spans } = JSON.parse(stdout) as { answer: { status: number }; spans: Span[] };
    assert.equal(answer.status, 405);
    assert.ok(spans.some(({ name }) => name === 'post /trace/2'));
  });
});

describe('verify', { skip }, () => {
  test('--record writes a shape that later traces have and other traces do not have', async () => {
    const file = join(scratch, 'recorded.yaml');
    assert.equal((await run('verify', '/trace/2', '--record', file)).exitCode, 0);
    assert.equal((await run('verify', '/trace/2', '--expect', file)).exitCode, 0);
    const { exitCode, stdout } = await run('verify', '/trace/1', '--expect', file);
    assert.equal(exitCode, 1);
    assert.match(stdout, /1 trace of GET \/trace\/2: ✗ 1 not whole$/);
  });

  test('a broken trace: the hop, the cause, both halves, JSON and JUnit', async () => {
    await sandbox.ask('service1', 'app', '/lab/drop-headers', 'POST');
    try {
      const junit = join(scratch, 'junit.xml');
      const { exitCode, stdout } = await run('verify', '--junit', junit);
      assert.equal(exitCode, 1);
      assert.match(
        stdout,
        /service1-app forwarded no B3 headers: its call began a new trace [0-9a-f]{8}…; expected service1-app CLIENT/,
      );
      assert.equal(stdout.match(/^trace [0-9a-f]{32} · /gm)?.length, 2);
      const report = await readFile(junit, 'utf8');
      assert.match(report, /<testsuite name="verify GET \/trace\/1" tests="1" failures="1">/);
      assert.match(report, /<failure message="service1-app forwarded no B3 headers/);
      const json = await run('verify', '--json');
      const { traces } = JSON.parse(json.stdout) as { traces: { whole: boolean; diagnoses: { cause: string }[] }[] };
      assert.deepEqual(
        traces.map(({ whole, diagnoses }) => [whole, diagnoses[0]?.cause]),
        [[false, 'context-dropped']],
      );
    } finally {
      await resetLab(sandbox);
    }
  });
});

describe('headers', () => {
  test('every hop of one request, with the span ids that Zipkin has', async () => {
    const { stdout, exitCode } = await run('headers', '--json');
    assert.equal(exitCode, 0);
    const { traceId, hops } = JSON.parse(stdout) as { traceId: string; hops: HeadersAt[] };
    assert.deepEqual(
      hops.map(({ label }) => label),
      [
        'you sent',
        'front-proxy edge out',
        'service1 ingress out',
        'service1-app in',
        'service1-app out',
        'service1 egress out',
        'service2 ingress out',
        'service2-app in',
      ],
    );
    const spans = await spansOf(traceId, 11);
    const clients = spans.filter(({ kind }) => kind === 'CLIENT').map(({ id }) => id);
    for (const { label, headers } of hops.filter(({ label }) => label.endsWith(' out'))) {
      assert.equal(headers['x-b3-traceid'], traceId, label);
      assert.ok(clients.includes(headers['x-b3-spanid'] ?? ''), `${label}: its span id is of a CLIENT span`);
    }
    assert.deepEqual(hops.at(-1)?.headers, hops.at(-2)?.headers, 'what left the sidecar is what the app got');
  });

  test('a request that asks for no trace: its decision reaches every hop', async () => {
    const { stdout } = await run('headers', '-H', 'b3: 0', '--json');
    const { hops } = JSON.parse(stdout) as { hops: HeadersAt[] };
    for (const { label, headers } of hops.slice(1)) assert.equal(headers['x-b3-sampled'], '0', label);
  });

  test('no hop logs headers when no command runs', async () => {
    const { headers } = await request('/trace/1');
    const requestId = headers.get('x-request-id') ?? 'none';
    for (const service of ['front-envoy', 'service1', 'service2']) {
      assert.ok(!(await sandbox.log(service)).includes(requestId), service);
    }
  });
});
