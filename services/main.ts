import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import { createApp } from './app.js';
import { type Config, ConfigError, readConfig } from './config.js';
import { Lab } from './lab.js';
import { ownIpv4 } from './own-address.js';
import { createTracing } from './tracing.js';

const FLUSH_RESERVE_MS = 1000;
/** Time to accept what callers have connected to: closing the server would reset their connections. */
const ACCEPT_MS = 100;

function configOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

const config = configOrExit();
const log = (line: string): void => console.error(`${config.appName}: ${line}`);
const lab = new Lab();
const tracing = createTracing(config.appName, config.reporter, log, lab);
const app = createApp({
  config,
  hostname: hostname(),
  address: await ownIpv4(hostname()),
  tracer: tracing.tracer,
  counters: tracing.counters,
  log,
  headerLog: (line) => console.log(line),
  lab,
});

const server = createServer(
  {
    // Above Envoy's limit (60 KiB), so that Envoy refuses oversized headers and the app's span is never missing.
    maxHeaderSize: 64 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 5_000,
    // Longer than Envoy keeps an idle upstream connection (1 h), so that Envoy never sends into a closing one.
    keepAliveTimeout: 65 * 60_000,
  },
  app,
);
server.on('error', (error) => {
  console.error(
    `${config.appName}: cannot listen on ${config.host}:${config.port}: ${error.message}; set HOST or PORT`,
  );
  process.exit(1);
});
server.listen(config.port, config.host, () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  log(`listening on ${config.host}:${port}, spans go to ${config.reporter.endpoint.href}`);
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

  await delay(Math.min(ACCEPT_MS, reserve));
  const closed = new Promise((resolve) => server.close(resolve));
  const closing = setInterval(() => server.closeIdleConnections(), 50);
  await Promise.race([closed, delay(config.shutdownTimeoutMs - reserve)]);
  clearInterval(closing);
  server.closeAllConnections();
  await closed;
  // Requests that were cut off end their spans when their sockets close: at the end of this turn of the event loop.
  await immediate();
  await immediate();

  await tracing.flush(deadline);
  process.exit(0);
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
