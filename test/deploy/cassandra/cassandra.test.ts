import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { cache, root } from '../../../sandbox/cli/project.js';
import { ZipkinClient } from '../../../sandbox/observe/zipkin-client.js';
import { findSandbox } from '../../../sandbox/topology/running-sandbox.js';
import { exactTraces, firstExactTrace, sendMany, sendOne, sendSteadily } from '../exact-traces.js';

/** The Compose sandbox with deploy/compose.cassandra.yml that test/run.ts started, named by COMPOSE_FILE. */
const sandbox = await findSandbox(root, cache, process.env);
const zipkin = new ZipkinClient(sandbox.zipkinUrl);
const compose = (...args: string[]) => execa('docker', ['compose', ...args], { cwd: root, stdin: 'ignore' });

let traceIds: string[] = [];

test('Cassandra keeps the spans, and every trace is exact', async () => {
  const { stdout } = await compose('exec', '-T', 'zipkin', 'wget', '-q', '-O', '-', 'http://127.0.0.1:9411/health');
  assert.match(stdout, /CassandraStorage\{contactPoints=cassandra, keyspace=zipkin2\}/);
  await firstExactTrace(sandbox.frontUrl, zipkin);
  traceIds = await sendMany(sandbox.frontUrl, 300, 32);
  await exactTraces(zipkin, traceIds);
});

test('Zipkin and Cassandra are killed and start again: every trace is still stored, and a search by service finds it', async () => {
  await compose('kill', '--signal', 'SIGKILL', 'zipkin', 'cassandra');
  await assert.rejects(zipkin.services(), { status: 0 });
  assert.match(await sendOne(sandbox.frontUrl), /^[0-9a-f]{32}$/, 'requests are answered all the same');
  await compose('up', '--detach', '--wait', '--no-build');
  await exactTraces(zipkin, traceIds);
  const found = await zipkin.traces({ serviceName: 'service2-app', limit: 500, lookback: 3_600_000 });
  const foundIds = new Set(found.flatMap(([span]) => span?.traceId ?? []));
  assert.deepEqual(
    traceIds.filter((id) => !foundIds.has(id)),
    [],
  );
});

test('Zipkin is killed, and 20 requests/s come for 20 s until it is back: all are answered, and no span is missing', async () => {
  await compose('kill', '--signal', 'SIGKILL', 'zipkin');
  const ended = new AbortController();
  const load = sendSteadily(sandbox.frontUrl, 20, ended.signal);
  try {
    await delay(20_000);
    await compose('up', '--detach', '--wait', '--no-build', '--no-recreate');
  } finally {
    ended.abort();
  }
  const { traceIds: sent, failures } = await load;
  assert.deepEqual(failures, []);
  assert.ok(sent.length >= 200, `${sent.length} requests`);
  await exactTraces(zipkin, sent);
});

test('Cassandra accepts no connections from outside of envoymesh, and runs without root and capabilities', async () => {
  const { stdout: ports } = await compose('ps', 'cassandra', '--format', '{{.Publishers}}');
  assert.doesNotMatch(ports, /0\.0\.0\.0|127\.0\.0\.1/);
  const { stdout: status } = await compose('exec', '-T', 'cassandra', 'cat', '/proc/self/status');
  assert.match(status, /^Uid:\t999\t999/m);
  assert.match(status, /^CapBnd:\t0+$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
});
