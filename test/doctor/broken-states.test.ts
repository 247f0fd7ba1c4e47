import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cache, root } from '../../sandbox/cli/project.js';
import type { Check } from '../../sandbox/doctor/check.js';
import { NativeSandbox } from '../../sandbox/topology/native-sandbox.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { command } from '../command.js';
import { ownEnvironment } from '../topology/own-environment.js';

const environment = { ...(await ownEnvironment()), SAMPLING_PERCENT: '12.5' };
const { FRONT_PORT: front, ZIPKIN_PORT: zipkin } = environment;
const [nowhere] = (await freePorts(1)).map(String);

async function doctor(env: Readonly<Record<string, string | undefined>> = environment) {
  const { exitCode, stdout } = await command(['doctor', '--json'], env);
  const { healthy, checks } = JSON.parse(stdout) as { healthy: boolean; checks: Check[] };
  const wrong = checks.filter(({ verdict }) => verdict === 'wrong').map(({ name }) => name);
  const seen = new Map(checks.map((check) => [check.name, check.seen]));
  return { exitCode, healthy, wrong, seen };
}

describe('a sandbox with real faults', () => {
  let sandbox: NativeSandbox;

  before(async () => {
    sandbox = await NativeSandbox.install(root, cache, environment);
    await Promise.all(sandbox.plan.processes.map(({ name }) => sandbox.start(name)));
  });
  after(() => sandbox.kill());

  async function whileStopped<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { pid } = sandbox.processes.find(({ plan }) => plan.name === name) ?? assert.fail(`${name} does not run`);
    process.kill(-pid, 'SIGSTOP');
    try {
      return await work();
    } finally {
      process.kill(-pid, 'SIGCONT');
    }
  }

  test('nothing is wrong: a low sampling rate is printed, and the request is traced all the same', async () => {
    const { exitCode, healthy, wrong, seen } = await doctor();
    assert.deepEqual([exitCode, healthy, wrong], [0, true, []]);
    assert.match(seen.get('sampling') ?? '', /^12\.5 % of the requests are traced/);
    assert.match(seen.get('b3 headers') ?? '', /one trace of 11 spans$/);
  });

  test('Zipkin hangs: its port and the way of every Envoy to it are wrong, and an app reaches its sidecar', async () => {
    const { exitCode, wrong } = await whileStopped('zipkin', doctor);
    assert.equal(exitCode, 3);
    const envoys = ['front-proxy', 'service1', 'service2'];
    assert.deepEqual(wrong, [`port ${zipkin}`, ...envoys.map((name) => `${name} to zipkin`)]);
  });

  test('service2 hangs', async () => {
    const { exitCode, wrong, seen } = await whileStopped('service2', doctor);
    assert.deepEqual([exitCode, wrong], [3, ['service2']]);
    assert.equal(seen.get('service2'), 'Envoy: no answer in time; app: no answer in time');
    assert.equal(seen.get('b3 headers'), 'not checked, because a line above is wrong');
  });

  test('the sandbox runs on another port', async () => {
    const { exitCode, seen } = await doctor({ ...environment, FRONT_PORT: nowhere, COMPOSE_PROJECT_NAME: 'no-such' });
    assert.equal(exitCode, 3);
    assert.match(
      seen.get('sandbox') ?? '',
      new RegExp(`^no sandbox runs on port ${nowhere}; one runs on .*\\b${front}\\b`),
    );
  });
});
