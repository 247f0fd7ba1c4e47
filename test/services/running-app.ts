import { type Agent, request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import type { model } from 'zipkin';
import { createApp } from '../../services/app.js';
import { readConfig } from '../../services/config.js';
import { createLab } from '../../services/lab/routes.js';
import { serverClasses } from '../../services/library-mends.js';
import { createWallClock } from '../../services/tracing/clock.js';
import { createTracing } from '../../services/tracing/tracer.js';
import { type Ending, type Listening, listen } from '../listening.js';
import { until } from '../watched.js';

/** The app over real HTTP. Its finished spans and its log lines stay in memory. */
export interface RunningApp extends Listening {
  readonly lines: readonly string[];
  /** Waits until at least `count` spans have ended, and gives all of them. */
  spans(count: number): Promise<readonly model.Span[]>;
  /** The spans that have ended by now. */
  readonly ended: readonly model.Span[];
}

/** Starts the app of a service with `env`. It ends with the test. SERVICE_NAME is service1 by default. */
export async function startApp(t: Ending, env: Record<string, string> = {}): Promise<RunningApp> {
  const config = readConfig({ SERVICE_NAME: 'service1', ...env });
  const ended: model.Span[] = [];
  const lines: string[] = [];
  const { app, listener } = createApp({
    config,
    hostname: 'host1',
    address: '192.0.2.7',
    tracer: createTracing({
      appName: config.appName,
      podName: config.podName,
      now: createWallClock(),
      reporter: { logSpan: (span) => ended.push(span) },
    }).tracer,
    counters: () => ({ recorded: ended.length, failedReports: 0 }),
    lab: createLab(config.appName, (line) => lines.push(line)),
    log: (line) => lines.push(line),
  });
  return {
    ...(await listen(t, listener, serverClasses(app))),
    lines,
    ended,
    spans: async (count) => {
      await until(`${count} spans of ${config.appName}`, () => ended.length >= count);
      return ended;
    },
  };
}

/** An answer as it was on the wire. */
export interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What `send` may set. The headers of an array are sent one by one, so that one can come twice. */
export interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders | readonly string[];
  readonly body?: string;
  readonly agent?: Agent;
}

/** Sends one request with exactly the given headers, on its own connection unless an agent is given. */
export function send(url: string, { method = 'GET', path, headers = {}, body, agent }: Sending = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      {
        method,
        headers: Array.isArray(headers) ? [...headers] : { ...headers },
        agent: agent ?? false,
        ...(path ? { path } : {}),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
