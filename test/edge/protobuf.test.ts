import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '../../sandbox/topology/wait.js';
import { startFrontAlone } from './front-alone.js';

const traceId = Buffer.from('463ac35c9f6413ad48485a3953bb6124', 'hex');

test('why reports are JSON: HTTP_PROTO writes span ids in reversed byte order; this test fails when Envoy corrects that', async (t) => {
  const front = await startFrontAlone((text) => text.replace('HTTP_JSON', 'HTTP_PROTO'));
  t.after(() => front.stop());
  const headers = await front.headersBehind({ b3: `${traceId.toString('hex')}-00000000000000ff-1` });
  // The span id of the request that the front proxy sent.
  const straight = Buffer.from(String(headers['x-b3-spanid']), 'hex');
  const find = async () => front.reports.find((body) => body.includes(traceId)) ?? assert.fail('not yet');
  const report = await waitFor('the report', find, { seconds: 10 });
  assert.deepEqual([report.includes(straight), report.includes(Buffer.from(straight).reverse())], [false, true]);
});
