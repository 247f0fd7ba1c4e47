import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { resetLab } from '../../sandbox/lab/cases.js';
import { sandbox } from './requests.js';

const doctor = () =>
  execa('node', ['dist/sandbox/cli/main.js', 'doctor'], { cwd: root, reject: false, stdin: 'ignore' });

const setSampling = (percent: string) =>
  sandbox.ask('front-envoy', 'admin', `/runtime_modify?tracing.random_sampling=${percent}`, 'POST');

afterEach(async () => {
  await setSampling('');
  await resetLab(sandbox);
});

test('a correct sandbox: no line is wrong', async () => {
  const { stdout, exitCode } = await doctor();
  assert.equal(exitCode, 0, stdout);
  assert.doesNotMatch(stdout, /^✗/m);
  assert.match(stdout, sandbox.mode === 'compose' ? /^✓ docker /m : /^– docker +not used$/m);
  for (const line of ['front-envoy', 'service1', 'service2', 'front-proxy to zipkin', 'service2-app to its sidecar']) {
    assert.match(stdout, new RegExp(`^✓ ${line} `, 'm'));
  }
  for (const line of ['sampling', 'request id', 'b3 headers', 'clocks'])
    assert.match(stdout, new RegExp(`^✓ ${line}`, 'm'));
});

const faults: readonly (readonly [title: string, fault: () => Promise<unknown>, wrong: RegExp])[] = [
  ['sampling 0 at the front', () => setSampling('0'), /^✗ sampling +no request is traced/m],
  [
    'an app that forwards no header',
    () => sandbox.ask('service1', 'app', '/lab/drop-headers', 'POST'),
    /^✗ b3 headers +service1-app forwarded no B3 headers/m,
  ],
  [
    'a clock a second ahead',
    () => sandbox.ask('service1', 'app', '/lab/clock-ahead', 'POST'),
    /^✗ clocks +the clock of service1-app is .+ ahead/m,
  ],
];

// The doctor asks a Compose sandbox in other ways, as the test above shows, and judges the answers alike.
for (const [title, fault, wrong] of sandbox.mode === 'native' ? faults : []) {
  test(`${title}: only that line is wrong, and it says what to do`, async () => {
    await fault();
    const { stdout, exitCode } = await doctor();
    assert.equal(exitCode, 3);
    assert.match(stdout, wrong);
    assert.equal(stdout.match(/^✗/gm)?.length, 1, stdout);
    assert.equal(stdout.match(/^ +→ /gm)?.length, 1);
  });
}
