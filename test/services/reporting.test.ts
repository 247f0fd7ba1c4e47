import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { model, randomTraceId, TraceId } from 'zipkin';
import { createReporter } from '../../services/tracing/reporting.js';
import { listen } from '../listening.js';

test('reports use one connection, and the app closes it when it is idle, before the sidecar can', async (t) => {
  const received: number[] = [];
  const collector: RequestListener = (request, response) => {
    request.resume().on('end', () => {
      received.push(request.socket.remotePort ?? 0);
      response.writeHead(202).end();
    });
  };
  const { url, server } = await listen(t, collector, { keepAliveTimeout: 60_000 });
  const reporter = createReporter(new URL(`${url}/api/v2/spans`), assert.fail);
  const connected = once(server, 'connection') as Promise<[Socket]>;
  for (let report = 1; report <= 2; report++) {
    reporter.logSpan(new model.Span(new TraceId({ spanId: randomTraceId() })));
    await reporter.flush(Date.now() + 10_000);
  }
  const [socket] = await connected;
  await once(socket, 'end');
  assert.equal(received.length, 2);
  assert.equal(new Set(received).size, 1);
  assert.deepEqual(reporter.counters(), { recorded: 2, failedReports: 0 });
});
