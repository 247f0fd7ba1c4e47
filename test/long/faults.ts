import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Control } from '../../prove/control/control.js';
import { type FaultCase, faultCases } from '../../prove/faults/cases.js';
import { findings } from '../../prove/faults/report.js';
import { runCase } from '../../prove/faults/run-case.js';
import { requestShape } from '../../prove/request-shape.js';

/** What differs in containers: who restarts what, a network that can really be cut, names that are resolved anew. */
const inCompose = [
  'zipkin-moved',
  'zipkin-killed',
  'app-killed',
  'network-cut',
  'service1-restarted',
  'front-restarted',
  'wrong-order',
];

/** What every reporter has to bridge. */
const inBoth = 'zipkin-stopped';

/** Each other fault is tried once: in Compose where it differs there, natively, where it takes less time, otherwise. */
export const faultsIn = (mode: 'native' | 'compose'): FaultCase[] =>
  faultCases.filter(({ name }) => name === inBoth || inCompose.includes(name) === (mode === 'compose'));

/** Tests each fault on the sandbox that `control` gives. */
export function testFaults(faults: readonly FaultCase[], control: () => Promise<Control>): void {
  for (const fault of faults) {
    test(fault.title, async () => {
      assert.deepEqual(findings(await runCase(await control(), fault, 20, await requestShape())), []);
    });
  }
}
