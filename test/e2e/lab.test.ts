import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { labCases, resetLab } from '../../sandbox/lab/cases.js';
import { verify } from '../../sandbox/observe/verify.js';
import { sandbox, shapeOf, zipkin } from './requests.js';

const shape = shapeOf('/trace/1');
const request = { url: new URL(`${sandbox.frontUrl}/trace/1`), method: 'GET', headers: {} };
/** Compose tries one case for each way to apply one: a fault of the app, a runtime key, an address. */
const inCompose = ['drop-headers', 'wrong-collector', 'bypass-sidecar'];
const cases = labCases.filter(({ name }) => sandbox.mode === 'native' || inCompose.includes(name));
const judge = (count = 1) => verify({ request, count, shape, zipkin, sandbox, limits: { within: 1_000_000 } });

describe('the lab', () => {
  after(() => resetLab(sandbox));

  for (const labCase of cases) {
    const verdict = labCase.cause ? `${labCase.cause} at ${labCase.hop}` : 'whole';
    test(`${labCase.name}: ${verdict}; the trace is whole after reset`, async () => {
      await labCase.apply(sandbox);
      const judged = await judge(labCase.requests);
      await resetLab(sandbox);
      const seen = judged.flatMap(({ diagnoses }) => diagnoses.map(({ cause, hop }) => `${cause} at ${hop}`));
      if (labCase.cause) assert.ok(seen.includes(verdict), `expected ${verdict}, seen: ${seen.join(', ') || 'whole'}`);
      else assert.deepEqual(seen, []);
      assert.deepEqual(
        (await judge()).flatMap(({ diagnoses }) => diagnoses.map(({ text }) => text)),
        [],
      );
    });
  }
});
