import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { waitFor } from '../../sandbox/topology/wait.js';
import { startFrontAlone } from './front-alone.js';

const traceId = Buffer.from('463ac35c9f6413ad48485a3953bb6124', 'hex');
const callersId = Buffer.from('00000000000000ff', 'hex');

/** @returns which ids a report of the front proxy contains: straight and reversed, of its span and of the caller's */
async function idsReported(t: TestContext, change?: (text: string) => string) {
  const front = await startFrontAlone(change);
  t.after(() => front.stop());
  const b3 = `${traceId.toString('hex')}-${callersId.toString('hex')}-1`;
  // The id of the span with which the front proxy called the server behind it.
  const sentId = Buffer.from(String((await front.headersBehind({ b3 }))['x-b3-spanid']), 'hex');
  const find = async () => front.reports.find((body) => body.includes(traceId)) ?? assert.fail('not yet');
  const report = await waitFor('the report', find, { seconds: 10 });
  const has = (id: Buffer) => [report.includes(id), report.includes(Buffer.from(id).reverse())];
  return { sent: has(sentId), callers: has(callersId) };
}

test('the ids in a report are those in the headers', async (t) => {
  assert.deepEqual(await idsReported(t), { sent: [true, false], callers: [true, false] });
});

test('why span-ids.lua is there: without it, Envoy writes ids in reversed byte order', async (t) => {
  const withoutFilter = (text: string) => text.replace('collector_cluster: reports', 'collector_cluster: zipkin');
  assert.deepEqual(
    await idsReported(t, withoutFilter),
    { sent: [false, true], callers: [false, true] },
    'this Envoy writes ids right: remove span-ids.lua, and let collector_cluster name zipkin',
  );
});
