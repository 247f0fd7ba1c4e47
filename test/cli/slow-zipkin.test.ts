import assert from 'node:assert/strict';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { command } from '../command.js';
import { listen } from '../listening.js';
import { startZipkin } from '../observe/running-zipkin.js';
import { whileStarted } from './native-run.js';

test('a Zipkin that takes 4 s for the reports of service2: verify waits for them, and the trace is whole', async (t) => {
  const zipkin = await startZipkin();
  t.after(() => zipkin.stop());
  const { url } = await listen(t, async (incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const body = await buffer(incoming);
    if (method === 'POST' && body.includes('service2')) await delay(4000);
    const forwarded = request(`${zipkin.url}${path}`, { method, headers }, (answer) => {
      answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers));
    });
    forwarded.on('error', () => outgoing.destroy()).end(body);
  });
  await whileStarted({ ZIPKIN_URL: url }, async (env) => {
    const { all, exitCode } = await command(['verify'], env);
    assert.equal(exitCode, 0, all);
  });
});
