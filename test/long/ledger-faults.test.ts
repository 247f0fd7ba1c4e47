import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NativeControl } from '../../prove/control/native-control.js';
import { requestPath, requestShape } from '../../prove/request-shape.js';
import { type MeasuredLoad, measureLoad } from '../../sandbox/load/measure.js';
import { spansByService } from '../../sandbox/observe/shape-counts.js';

const control = await NativeControl.start();
after(() => control.stopAll());
const { sandbox, zipkin } = control;

/** Runs a load of ten seconds and injects a fault two seconds after its beginning. No request may fail. */
async function loadWith(fault: () => Promise<void>): Promise<MeasuredLoad> {
  const plan = { path: requestPath, headers: {}, concurrency: 8, rate: 40, seconds: 10, count: 1000 };
  const load = measureLoad(
    sandbox,
    { frontUrl: sandbox.frontUrl, ...plan },
    {
      spansEach: spansByService(await requestShape()),
      spanLimit: Number.POSITIVE_INFINITY,
      keepUp: false,
      quietSeconds: 60,
      stopped: new AbortController().signal,
      onProgress: () => undefined,
    },
  );
  const [measured] = await Promise.all([load, delay(2000).then(fault)]);
  assert.deepEqual(measured.statuses, { 200: measured.requests });
  return measured;
}

test('Zipkin hangs: the Envoys keep their reports, and no span is missing', async () => {
  const { ledger } = await loadWith(async () => {
    await control.signal(zipkin, 'STOP');
    await delay(7000);
    await control.signal(zipkin, 'CONT');
  });
  assert.equal(ledger.total.missing, 0);
});

test('Zipkin is stopped and started again: only the spans in its memory are lost', async () => {
  const { ledger } = await loadWith(async () => {
    await control.stop(zipkin);
    await delay(2000);
    await control.start(zipkin);
  });
  assert.ok(ledger.total.missing > 0);
  for (const { remarks } of ledger.rows.filter(({ missing }) => missing > 0)) {
    assert.match(remarks.join('; '), /are missing: Zipkin was restarted/);
  }
  assert.ok(ledger.notes.some((note) => /^Zipkin was restarted once/.test(note)));
});
