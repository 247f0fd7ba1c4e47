// service1 or service2 with node:http and fetch. It makes no spans, and does the least that a service must do.
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const { SERVICE_NAME, NEXT_HOP_URL, HOST = '127.0.0.1', PORT = '8080' } = process.env;

// The four lines: they copy these headers from a request to every call that the service makes because of it.
const B3 = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'];
const CARRIED = [...B3, 'traceparent', 'tracestate', 'x-request-id', 'baggage'];
const carriedBy = ({ headers }) => CARRIED.flatMap((name) => (headers[name] ? [[name, headers[name]]] : []));
const callFor = (request, url) => fetch(url, { headers: Object.fromEntries(carriedBy(request)) });

async function hello(request) {
  if (request.url === '/health') return { status: 200, body: 'ok\n' };
  if (NEXT_HOP_URL && !(await callFor(request, NEXT_HOP_URL)).ok)
    return { status: 502, body: 'the next service failed\n' };
  const number = SERVICE_NAME.replace('service', '');
  const body = `Hello from behind Envoy (service ${number})! hostname: ${hostname()} resolvedhostname: ${HOST}\n`;
  return { status: 200, body };
}

createServer(async (request, response) => {
  const { status, body } = await hello(request).catch((error) => ({ status: 502, body: `${error.message}\n` }));
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(body);
}).listen(Number(PORT), HOST);
