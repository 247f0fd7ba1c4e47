import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { cache, root } from '../../sandbox/cli/project.js';
import { ownShape } from '../../sandbox/cli/targets.js';
import { type MeasuredLoad, measureLoad } from '../../sandbox/load/measure.js';
import { spansByService } from '../../sandbox/observe/shape-counts.js';
import { NativeSandbox } from '../../sandbox/topology/native-sandbox.js';
import { findSandbox, type RunningSandbox } from '../../sandbox/topology/running-sandbox.js';
import { ownEnvironment } from '../topology/own-environment.js';

let native: NativeSandbox;
let running: RunningSandbox;

before(async () => {
  const environment = await ownEnvironment();
  native = await NativeSandbox.install(root, cache, environment);
  await Promise.all(native.plan.processes.map(({ name }) => native.start(name)));
  running = await findSandbox(root, cache, environment);
});

after(() => native.stop());

const zipkinProcess = () => native.processes.findLast(({ plan }) => plan.name === 'zipkin') ?? assert.fail('no Zipkin');

/** Runs a load of ten seconds and something else two seconds after it began. */
async function loadWith(fault: () => Promise<void>): Promise<MeasuredLoad> {
  const shape = (await ownShape('/trace/1')) ?? assert.fail('no shape');
  const plan = {
    frontUrl: running.frontUrl,
    path: '/trace/1',
    headers: {},
    concurrency: 8,
    rate: 40,
    seconds: 10,
    count: 1000,
  };
  const load = measureLoad(running, plan, {
    spansEach: spansByService(shape),
    spanLimit: Number.POSITIVE_INFINITY,
    keepUp: false,
    quietSeconds: 60,
    stopped: new AbortController().signal,
    onProgress: () => undefined,
  });
  const [measured] = await Promise.all([load, delay(2000).then(fault)]);
  return measured;
}

/** No request fails, and every missing span has a reason. */
function assertAccountedFor({ requests, statuses, quiet, ledger }: MeasuredLoad): void {
  assert.deepEqual(statuses, { 200: requests });
  assert.equal(quiet, true);
  for (const { reporter, recorded, missing, stored, losses } of ledger.rows) {
    assert.equal(recorded, stored + missing, `${reporter} adds up`);
    assert.equal(
      missing,
      losses.reduce((sum, { spans }) => sum + spans, 0),
    );
    for (const { reason } of losses) assert.doesNotMatch(reason, /no counter says why/, reporter);
  }
}

const missingOf = ({ ledger }: MeasuredLoad, reporter: string): number =>
  ledger.rows.find((row) => row.reporter === reporter)?.missing ?? assert.fail(reporter);

test('Zipkin hangs for longer than reports wait: no request fails, no app span is lost, the Envoys say what they lost', async () => {
  const measured = await loadWith(async () => {
    const { pid } = zipkinProcess();
    process.kill(pid, 'SIGSTOP');
    await delay(7000);
    process.kill(pid, 'SIGCONT');
  });
  assertAccountedFor(measured);
  for (const app of ['service1-app', 'service2-app']) assert.equal(missingOf(measured, app), 0);
  for (const { reason } of measured.ledger.rows.flatMap(({ losses }) => losses)) {
    assert.match(reason, /reports did not arrive/);
  }
});

test('Zipkin is killed and started again: its memory is gone, and so is what the Envoys sent meanwhile', async () => {
  const measured = await loadWith(async () => {
    const { pid, ended } = zipkinProcess();
    process.kill(pid, 'SIGKILL');
    await ended;
    await delay(2000);
    await native.start('zipkin');
  });
  assertAccountedFor(measured);
  const reasons = measured.ledger.rows.flatMap(({ losses }) => losses.map(({ reason }) => reason));
  assert.ok(
    reasons.some((reason) => /Zipkin was restarted/.test(reason)),
    reasons.join('\n'),
  );
  assert.ok(
    reasons.some((reason) => /reports did not arrive/.test(reason)),
    reasons.join('\n'),
  );
  assert.ok(measured.ledger.notes.some((note) => /^Zipkin was restarted once/.test(note)));
});
