import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import fetch, { type RequestInit, type Response } from 'node-fetch';
import { jsonEncoder, type Logger } from 'zipkin';
import { HttpLogger } from 'zipkin-transport-http';

type Post = (url: string, options: RequestInit) => Promise<Response>;

declare module 'zipkin-transport-http' {
  interface HttpLogger {
    on(event: 'error', listener: (error: Error) => void): void;
    processQueue(post: Post): void;
  }
}

/** Spans given to the reporter, and reports that were refused or that nobody answered: their spans are lost. */
export interface ReportCounters {
  readonly recorded: number;
  readonly failedReports: number;
}

/** Sends finished spans to Zipkin. */
export interface Reporter extends Logger {
  counters(): ReportCounters;
  /** Sends all spans and waits for the answers, until `deadline` (epoch milliseconds). */
  flush(deadline: number): Promise<void>;
}

/**
 * zipkin-transport-http's HttpLogger, with node-fetch over kept connections. It posts what was recorded every 200 ms
 * (https://zipkin.io/zipkin-api/, POST /spans). The sidecar keeps each report until Zipkin takes it.
 *
 * @param endpoint where to post: in this sandbox a listener of the sidecar
 * @param log takes one line when a report fails for the first time
 */
export function createReporter(endpoint: URL, log: (line: string) => void): Reporter {
  const Agent = endpoint.protocol === 'https:' ? HttpsAgent : HttpAgent;
  const underWay = new Set<Promise<Response>>();
  const counters = { recorded: 0, failedReports: 0 };

  const post: Post = (url, options) => {
    const answered = fetch(url, options).then(async (response) => {
      await response.text(); // so that the connection is used again
      return response;
    });
    underWay.add(answered);
    const forget = () => underWay.delete(answered);
    answered.then(forget, forget);
    return answered;
  };
  const options = {
    endpoint: endpoint.href,
    agent: new Agent({ keepAlive: true }),
    timeout: 130_000, // longer than the sidecar's: its answer says what became of the report
    httpInterval: 200,
    maxPayloadSize: 64 * 1024, // the sidecar keeps 512 of them
    jsonEncoder: jsonEncoder.JSON_V2,
    fetchImplementation: post,
  };
  const logger = new HttpLogger(options);
  logger.on('error', ({ message }) => {
    counters.failedReports += 1;
    const [seen = ''] = message.split(', body:', 1); // what follows are spans
    if (counters.failedReports === 1) log(`a report to ${endpoint.host} failed (${seen}); /reporter counts any more`);
  });
  return {
    logSpan(span) {
      counters.recorded += 1;
      logger.logSpan(span);
    },
    counters: () => counters,
    async flush(deadline) {
      logger.processQueue(post);
      const left = Math.max(0, deadline - Date.now());
      await Promise.race([Promise.allSettled(underWay), delay(left, undefined, { ref: false })]);
      if (underWay.size > 0) log(`${underWay.size} reports were not answered before shutdown; their spans may be lost`);
    },
  };
}
