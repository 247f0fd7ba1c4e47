import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
import { cache, root } from '../../../sandbox/cli/project.js';
import { ZipkinClient } from '../../../sandbox/observe/zipkin-client.js';
import { findSandbox } from '../../../sandbox/topology/running-sandbox.js';
import { exactTraces, firstExactTrace, sendMany, sendOne } from '../exact-traces.js';

/** The Compose sandbox with deploy/compose.cassandra.yml that test/run.ts started, named by COMPOSE_FILE. */
const sandbox = await findSandbox(root, cache, process.env);
const zipkin = new ZipkinClient(sandbox.zipkinUrl);
const compose = (...args: string[]) => execa('docker', ['compose', ...args], { cwd: root, stdin: 'ignore' });

let traceIds: string[] = [];

test('spans are kept in Cassandra, and every trace is exact', async () => {
  const { stdout } = await compose('exec', '-T', 'zipkin', 'wget', '-q', '-O', '-', 'http://127.0.0.1:9411/health');
  assert.match(stdout, /CassandraStorage\{contactPoints=cassandra, keyspace=zipkin2\}/);
  await firstExactTrace(sandbox.frontUrl, zipkin);
  traceIds = await sendMany(sandbox.frontUrl, 300, 32);
  await exactTraces(zipkin, traceIds);
});

test('Zipkin and Cassandra are killed and come back: every trace is still there, and is found by its service', async () => {
  await compose('kill', '--signal', 'SIGKILL', 'zipkin', 'cassandra');
  await assert.rejects(zipkin.services(), /does not answer/);
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

test('new traces are exact again', async () => {
  await firstExactTrace(sandbox.frontUrl, zipkin);
  await exactTraces(zipkin, await sendMany(sandbox.frontUrl, 50, 16));
});

test('Cassandra takes no connections from outside of envoymesh, and runs without root and capabilities', async () => {
  const { stdout: ports } = await compose('ps', 'cassandra', '--format', '{{.Publishers}}');
  assert.doesNotMatch(ports, /0\.0\.0\.0|127\.0\.0\.1/);
  const { stdout: status } = await compose('exec', '-T', 'cassandra', 'cat', '/proc/self/status');
  assert.match(status, /^Uid:\t999\t999/m);
  assert.match(status, /^CapBnd:\t0+$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
});
