import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Span } from '../../sandbox/trace/span.js';
import { readConfig } from '../../services/config.js';
import { Lab } from '../../services/lab.js';
import { createTracing } from '../../services/tracing.js';
import { listen } from './running-app.js';

/** What a collector is sent by an app that makes one span. */
async function reported(env: Record<string, string>): Promise<Span[]> {
  const bodies: string[] = [];
  const collector = await listen(async (request, response) => {
    bodies.push(await text(request));
    response.writeHead(202).end();
  });
  const { appName, reporter } = readConfig({ SERVICE_NAME: 'service1', ZIPKIN_URL: collector.url, ...env });
  const tracing = createTracing(appName, reporter, () => undefined, new Lab());
  tracing.tracer.local('work', () => undefined);
  await tracing.flush(Date.now() + 5000);
  await collector.close();
  return bodies.flatMap((body) => JSON.parse(body));
}

test('POD_NAME is a tag of every span, under the name that Envoy gives it', async () => {
  const [span] = await reported({ POD_NAME: 'service1-7d4b9c-x2x5z' });
  assert.deepEqual(span?.tags, { node_id: 'service1-7d4b9c-x2x5z' });
});

test('outside of a pod there is no such tag', async () => {
  const [span] = await reported({});
  assert.equal(span?.name, 'work');
  assert.deepEqual(span?.tags ?? {}, {});
});
