import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Control } from '../../prove/control/control.js';
import { type FaultCase, faultCases } from '../../prove/faults/cases.js';
import { findings } from '../../prove/faults/report.js';
import { runCase } from '../../prove/faults/run-case.js';
import { requestShape } from '../../prove/request-shape.js';

/** Faults that differ in containers: what Docker restarts, a real network to cut, names that are resolved again. */
const inCompose = [
  'zipkin-moved',
  'zipkin-killed',
  'app-killed',
  'network-cut',
  'service1-restarted',
  'front-restarted',
  'wrong-order',
];

/** Each fault is tested in one mode: in Compose if it differs there, otherwise natively, which takes less time. */
export const faultsIn = (mode: 'native' | 'compose'): FaultCase[] =>
  faultCases.filter(({ name }) => inCompose.includes(name) === (mode === 'compose'));

/** Tests each fault on the sandbox of `control`. */
export function testFaults(faults: readonly FaultCase[], control: () => Promise<Control>): void {
  for (const fault of faults) {
    test(fault.title, async () => {
      assert.deepEqual(findings(await runCase(await control(), fault, 20, await requestShape())), []);
    });
  }
}
