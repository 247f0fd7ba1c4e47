import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processOf } from '../../prove/control/control.js';
import { readProcesses } from '../../prove/control/process-usage.js';

const processes = readProcesses(
  [
    '1 (docker-init) S 0 1 1 0',
    '7 (bash) S 1 7 7 0',
    '9 (envoy) S 7 7 7 0',
    '10 (MainThread) S 7 7 7 0',
    '11 (a (b) c) S 7 7 7 0',
    '80 (envoy) S 1 80 80 0',
    'no process at all',
  ].join('\n'),
);

test('a part is a child of its service: the app, the sidecar, or the first process itself', () => {
  assert.equal(processOf('service2/app', processes, 7), 10);
  assert.equal(processOf('service2/sidecar', processes, 7), 9);
  assert.equal(processOf('service2', processes, 7), 7);
  assert.throws(() => processOf('service1/app', processes, 80), /^Error: service1: its app does not run/);
});
