import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { cache, root } from '../../sandbox/cli/project.js';
import { verify } from '../../sandbox/observe/verify.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import { NativeSandbox } from '../../sandbox/topology/native-sandbox.js';
import type { Shape } from '../../sandbox/verdict/shape.js';
import { exactTraces, sendMany } from '../deploy/exact-traces.js';
import { type RunningZipkin, startZipkin } from '../observe/running-zipkin.js';
import { ownEnvironment } from '../topology/own-environment.js';
import { ownShape } from '../topology/own-shape.js';

const example = (file: string, more: Readonly<Record<string, string>> = {}) => ({
  APP_RUNTIME: file.endsWith('.py') ? 'python3' : 'node',
  APP_MAIN: join(root, 'docs/examples/by-hand', file),
  ...more,
});
const express = example('express_service.mjs');
const python = example('python_service.py');
const deafPython = example('python_service.py', { FORWARD: 'none' });

const whole = ownShape('/trace/1');

interface Case {
  readonly title: string;
  readonly apps: Readonly<Record<string, ReturnType<typeof example>>>;
  readonly shape: Shape;
  readonly expected: readonly string[];
}

const cases: readonly Case[] = [
  { title: 'Express before Python', apps: { service1: express, service2: python }, shape: whole, expected: [] },
  { title: 'Python before Express', apps: { service1: python, service2: express }, shape: whole, expected: [] },
  {
    title: 'Python that forwards nothing, as service1',
    apps: { service1: deafPython },
    shape: whole,
    expected: ['context-dropped at service1-app'],
  },
  {
    title: 'Python that joins nothing, as service2',
    apps: { service2: deafPython },
    shape: whole,
    expected: ['context-ignored at service2-app'],
  },
];

describe('other services in the places of the sandbox’s apps', () => {
  let collector: RunningZipkin;
  before(async () => {
    collector = await startZipkin();
  });
  after(() => collector.stop());

  async function withApps<T>(overrides: Case['apps'], work: (frontUrl: string) => Promise<T>): Promise<T> {
    const environment = { ...(await ownEnvironment()), ZIPKIN_URL: collector.url };
    const sandbox = await NativeSandbox.install(root, cache, environment, overrides);
    try {
      await Promise.all(sandbox.plan.processes.map(({ name }) => sandbox.start(name)));
      return await work(sandbox.plan.frontUrl);
    } finally {
      await sandbox.kill();
    }
  }

  for (const { title, apps, shape, expected } of cases) {
    test(`${title}: ${expected.join(', ') || 'five parallel traces, each whole'}`, async () => {
      const judged = await withApps(apps, async (frontUrl) =>
        verify({
          request: { url: new URL(`${frontUrl}/trace/1`), method: 'GET', headers: {} },
          count: 5,
          shape,
          zipkin: new ZipkinClient(collector.url),
          sandbox: undefined,
          within: undefined,
          tolerance: 5_000_000, // this test is about who called whom, on a machine that may be busy
        }),
      );
      for (const { answer, diagnoses } of judged) {
        assert.match(answer.body, /^Hello from behind Envoy \(service 1\)! hostname: \S+ resolvedhostname: \S+\n$/);
        assert.deepEqual(
          diagnoses.map(({ cause, hop }) => `${cause} at ${hop}`),
          expected,
        );
      }
    });
  }

  test('the sidecars keep their spans while Zipkin hangs', async () => {
    await withApps({ service1: express, service2: python }, async (frontUrl) => {
      process.kill(collector.pid, 'SIGSTOP');
      const traceIds = await sendMany(frontUrl, 10, 5);
      await delay(6000); // longer than most clients wait for an answer
      process.kill(collector.pid, 'SIGCONT');
      await exactTraces(new ZipkinClient(collector.url), traceIds);
    });
  });
});
