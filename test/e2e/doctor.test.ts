import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from '../command.js';
import { sandbox } from './requests.js';

test('a correct sandbox: no line is wrong', async () => {
  const { stdout, exitCode } = await command(['doctor']);
  assert.equal(exitCode, 0, stdout);
  assert.doesNotMatch(stdout, /^✗/m);
  assert.match(stdout, sandbox.mode === 'compose' ? /^✓ docker /m : /^– docker +not used$/m);
  for (const line of ['front-envoy', 'service1', 'service2', 'front-proxy to zipkin', 'service2-app to its sidecar']) {
    assert.match(stdout, new RegExp(`^✓ ${line} `, 'm'));
  }
  for (const line of ['sampling', 'request id', 'b3 headers', 'clocks'])
    assert.match(stdout, new RegExp(`^✓ ${line}`, 'm'));
});
