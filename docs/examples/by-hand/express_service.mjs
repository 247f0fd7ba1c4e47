// service1 or service2 in Express. It makes its own spans without a tracing library, and shows what such a library does.
// The lines marked 1 to 5 are the propagation. The handlers need no code for it.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import express from 'express';

const { SERVICE_NAME, ZIPKIN_URL, NEXT_HOP_URL, HOST = '127.0.0.1', PORT = '8080' } = process.env;
const B3 = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled'];
const CARRIED = ['x-request-id', 'baggage'];

const requests = new AsyncLocalStorage();
const now = () => Math.round((performance.timeOrigin + performance.now()) * 1000);
const pick = (headers, names) =>
  Object.fromEntries(names.flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])));

function report(context, kind, name, start, status) {
  if (context['x-b3-sampled'] !== '1') return; // 4 obey the front proxy's sampling decision
  const span = {
    traceId: context['x-b3-traceid'],
    id: context['x-b3-spanid'],
    parentId: context['x-b3-parentspanid'],
    kind,
    shared: kind === 'SERVER' || undefined,
    name,
    timestamp: start,
    duration: Math.max(1, now() - start),
    localEndpoint: { serviceName: `${SERVICE_NAME}-app` },
    tags: { 'http.status_code': String(status), ...(status >= 500 ? { error: String(status) } : {}) },
  };
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([span]) };
  fetch(`${ZIPKIN_URL}/api/v2/spans`, request).catch((error) => console.error(`a span was lost: ${error.cause}`)); // 5
}

function traced(request, response, next) {
  const context = pick(request.headers, B3); // 1 extract: join the caller's trace
  const start = now();
  response.once('finish', () => report(context, 'SERVER', `get ${request.path}`, start, response.statusCode));
  requests.run({ context, carried: pick(request.headers, CARRIED) }, next);
}

async function call(url) {
  const { context, carried } = requests.getStore();
  const id = randomBytes(8).toString('hex');
  const child = { ...context, 'x-b3-spanid': id, 'x-b3-parentspanid': context['x-b3-spanid'] }; // 2 a child span
  const start = now();
  const response = await fetch(url, { headers: { ...carried, ...child } }); // 3 inject: into every call
  await response.text();
  report(child, 'CLIENT', `get ${new URL(url).pathname}`, start, response.status);
  return response;
}

const app = express();
app.get('/health', (_request, response) => response.send('ok\n'));
app.use(traced);
app.get('/trace/:number', async (_request, response) => {
  if (NEXT_HOP_URL && !(await call(NEXT_HOP_URL)).ok) return response.status(502).send('the next service failed\n');
  const number = SERVICE_NAME.replace('service', '');
  return response.send(
    `Hello from behind Envoy (service ${number})! hostname: ${hostname()} resolvedhostname: ${HOST}\n`,
  );
});
app.listen(Number(PORT), HOST);
