import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { cache, root } from '../../sandbox/cli/project.js';
import { readShape } from '../../sandbox/cli/targets.js';
import { verify } from '../../sandbox/request/verify.js';
import { installEnvoy } from '../../sandbox/topology/artifacts.js';
import { installZipkinFor, NativeSandbox, readTopology } from '../../sandbox/topology/native-sandbox.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { ZipkinClient } from '../../sandbox/zipkin/client.js';

async function withPythonAs<T>(service: string, forward: 'all' | 'none', work: (sandbox: NativeSandbox) => Promise<T>) {
  const [front, admin, zipkin] = (await freePorts(3)).map(String);
  const { ZIPKIN_JAR: _, ...rest } = process.env; // the runner's is an extracted one
  const environment = { ...rest, FRONT_PORT: front, ADMIN_PORT: admin, ZIPKIN_PORT: zipkin };
  const services = await readTopology(root, environment);
  const python = { APP_RUNTIME: 'python3', APP_MAIN: join(root, 'docs/examples/python_service.py'), FORWARD: forward };
  const sandbox = await NativeSandbox.prepare(root, cache, environment, {
    services,
    envoyBinary: await installEnvoy(cache, environment),
    zipkinFolder: await installZipkinFor(services, cache, environment),
    overrides: { [service]: python },
  });
  try {
    await Promise.all(sandbox.plan.processes.map(({ name }) => sandbox.start(name)));
    return await work(sandbox);
  } finally {
    await sandbox.stop();
  }
}

const cases = [
  { service: 'service1', forward: 'all', expected: [] },
  { service: 'service2', forward: 'all', expected: [] },
  { service: 'service1', forward: 'none', expected: ['context-dropped at service1-app'] },
  { service: 'service2', forward: 'none', expected: ['context-ignored at service2-app'] },
] as const;

for (const { service, forward, expected } of cases) {
  const verdict = expected.length > 0 ? expected.join(', ') : 'whole';
  test(`a Python service as ${service} that forwards ${forward}: ${verdict}`, async () => {
    const judged = await withPythonAs(service, forward, async ({ plan }) =>
      verify({
        request: { url: new URL(`${plan.frontUrl}/trace/1`), method: 'GET', headers: {} },
        count: 3,
        shape: await readShape(join(root, 'sandbox/shapes/trace-1.yaml')),
        zipkin: new ZipkinClient(plan.zipkinUrl),
        sandbox: undefined,
        within: undefined,
      }),
    );
    for (const { diagnoses } of judged) {
      assert.deepEqual(
        diagnoses.map(({ cause, hop }) => `${cause} at ${hop}`),
        expected,
      );
    }
  });
}
