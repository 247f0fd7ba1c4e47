import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NativeControl } from '../../prove/control/native-control.js';
import { measure } from '../../prove/load.js';
import { requestShape } from '../../prove/request-shape.js';
import { spansByService } from '../../sandbox/verdict/shape.js';
import { faultsIn, testFaults } from './faults.js';

const control = await NativeControl.start();
after(() => control.stopAll());

testFaults(faultsIn('native'), async () => control);

test('the ledger of a load says that Zipkin was restarted, and that only the spans in its memory are lost', async () => {
  const spansEach = spansByService(await requestShape());
  const load = measure(control, { concurrency: 8, rate: 40, seconds: 8 }, { spansEach });
  await delay(2000);
  await control.stop(control.zipkin);
  await delay(2000);
  await control.start(control.zipkin);
  const { requests, statuses, ledger } = await load;
  assert.deepEqual(statuses, { 200: requests });
  assert.ok(ledger.total.missing > 0);
  for (const { remarks } of ledger.rows.filter(({ missing }) => missing > 0)) {
    assert.match(remarks.join('; '), /are missing: Zipkin restarted/);
  }
  assert.ok(ledger.notes.some((note) => /^Zipkin was restarted once/.test(note)));
});
