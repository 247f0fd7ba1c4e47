import { createServer } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import { createApp } from './app.js';
import { type Config, readConfig } from './config.js';
import { createLab } from './lab/routes.js';
import { quietUrlParse, serverClasses } from './library-mends.js';
import { createWallClock } from './tracing/clock.js';
import { createReporter } from './tracing/reporting.js';
import { createTracing } from './tracing/tracer.js';

const FLUSH_RESERVE_MS = 1000;
/** Turns of the event loop: each accepts one of the connections that wait, at most 511. Closing would reset them. */
const ACCEPT_TURNS = 512;

function configOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function ownIpv4(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

quietUrlParse();
const config = configOrExit();
const { appName, podName } = config;
const log = (line: string): void => console.error(`${appName}: ${line}`);
const lab = createLab(appName, (line) => console.log(line));
const clock = createWallClock();
const reporter = createReporter(config.reportsTo, log);
const tracing = createTracing({
  appName,
  podName,
  now: () => clock() + lab.faults.clockOffset,
  reporter: { logSpan: (span) => lab.faults.report(span) && reporter.logSpan(span) },
});
const { app, listener } = createApp({
  config,
  hostname: hostname(),
  address: ownIpv4(),
  tracer: tracing.tracer,
  lab,
  counters: () => reporter.counters(),
  log,
});

const server = createServer(
  {
    ...serverClasses(app),
    // Above Envoy's limit of 60 KiB: Envoy refuses longer headers, so no request reaches Node without a span.
    maxHeaderSize: 64 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 5_000,
    // Longer than Envoy's 1 h for idle upstream connections, so Envoy never sends on a closing connection.
    keepAliveTimeout: 65 * 60_000,
  },
  listener,
);
server.on('error', (error) => {
  console.error(`${appName}: cannot listen on ${config.host}:${config.port}: ${error.message}; set HOST or PORT`);
  process.exit(1);
});
server.listen(config.port, config.host, () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  log(`listening on ${config.host}:${port}, spans go to ${config.reportsTo.href}`);
});

let stopping = false;

server.prependListener('request', (_request, response) => {
  if (stopping) response.setHeader('connection', 'close');
});

async function stop(): Promise<void> {
  if (stopping) process.exit(1);
  stopping = true;
  const deadline = Date.now() + config.shutdownTimeoutMs;
  const reserve = Math.min(FLUSH_RESERVE_MS, config.shutdownTimeoutMs / 2);

  for (let turn = 0; turn < ACCEPT_TURNS && Date.now() < deadline - reserve; turn++) await immediate();
  const closed = new Promise((resolve) => server.close(resolve));
  const closing = setInterval(() => server.closeIdleConnections(), 50);
  await Promise.race([closed, delay(config.shutdownTimeoutMs - reserve)]);
  clearInterval(closing);
  server.closeAllConnections();
  await closed;
  // A request that was cut off ends its span when its socket closes, at the end of this turn of the event loop.
  for (let turn = 0; turn < 2; turn++) await immediate();

  tracing.endSpans();
  await reporter.flush(deadline);
  process.exit(0);
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
