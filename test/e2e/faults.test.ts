import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { faultCases } from '../../prove/faults/cases.js';
import { ComposeControl } from '../../prove/faults/compose-control.js';
import { NativeControl } from '../../prove/faults/native-control.js';
import { expectedSpans } from '../../prove/faults/outcome.js';
import { findings } from '../../prove/faults/report.js';
import { runCase } from '../../prove/faults/run-case.js';
import { cache, root } from '../../sandbox/cli/project.js';
import { sandbox, shapeOf } from './requests.js';

const rate = 20;
const expected = expectedSpans(await shapeOf('/trace/1'));

describe('native', { skip: sandbox.mode !== 'native' }, async () => {
  // Faults need a sandbox whose processes somebody starts again; the one of this test run ends with the first of them.
  const control = await NativeControl.prepare(root, cache, process.env);
  before(() => control.startAll());
  after(() => control.stopAll());
  for (const fault of faultCases.filter(({ only }) => only !== 'compose')) {
    test(fault.title, async () => assert.deepEqual(findings(await runCase(control, fault, rate, expected)), []));
  }
});

/** What differs in containers: who restarts what, a network that can really be cut, names that are resolved anew. */
const inCompose = [
  'zipkin-killed',
  'app-killed',
  'network-cut',
  'service1-restarted',
  'front-restarted',
  'wrong-order',
];

describe('Compose', { skip: sandbox.mode !== 'compose' }, () => {
  const control = new ComposeControl(root, sandbox);
  for (const fault of faultCases.filter(({ name }) => inCompose.includes(name))) {
    test(fault.title, async () => assert.deepEqual(findings(await runCase(control, fault, rate, expected)), []));
  }
});
