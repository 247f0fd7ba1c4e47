import { hostname } from 'node:os';
import express from 'express';
import fetch from 'node-fetch';
import zipkin from 'zipkin';
import CLSContext from 'zipkin-context-cls';
import { expressMiddleware } from 'zipkin-instrumentation-express';
import wrapFetch from 'zipkin-instrumentation-fetch';
import { HttpLogger } from 'zipkin-transport-http';

// The app as zipkin-js's own examples write it, only for `npm run prove -- bench`: its context comes from
// zipkin-context-cls, and HttpLogger sends its spans. Everything else has the defaults.
const { SERVICE_NAME = '', ZIPKIN_URL = '', PORT = '8080', NEXT_HOP_URL } = process.env;
const logger = new HttpLogger({ endpoint: `${ZIPKIN_URL}/api/v2/spans`, jsonEncoder: zipkin.jsonEncoder.JSON_V2 });
const recorder = new zipkin.BatchRecorder({ logger });
const tracer = new zipkin.Tracer({
  ctxImpl: new CLSContext('zipkin', true),
  recorder,
  localServiceName: `${SERVICE_NAME}-app`,
  traceId128Bit: true,
});
const call = wrapFetch(fetch, { tracer });
const number = SERVICE_NAME.replace('service', '');

const app = express();
app.get('/health', (_request, response) => {
  response.send('ok\n');
});
// The bench asks every app for its counters. These requests must not be traced here either.
app.get('/reporter', (_request, response) => {
  response.sendStatus(404);
});
app.use(expressMiddleware({ tracer, port: Number(PORT) }));
app.get(`/trace/${number}`, async (_request, response) => {
  if (NEXT_HOP_URL) await (await call(NEXT_HOP_URL)).text();
  response.type('html').send(`Hello from behind Envoy (service ${number})! hostname: ${hostname()}\n`);
});
app.listen(Number(PORT), '127.0.0.1');
