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

/** How many spans the reporter got, and how many reports were refused or not answered. The spans of those are lost. */
export interface ReportCounters {
  readonly recorded: number;
  readonly failedReports: number;
}

/** Sends finished spans to Zipkin. */
export interface Reporter extends Logger {
  counters(): ReportCounters;
  /** Sends all spans and waits for the answers, at most until `deadline` (epoch milliseconds). */
  flush(deadline: number): Promise<void>;
}

/**
 * Creates a reporter: zipkin-transport-http's HttpLogger with node-fetch and keep-alive connections. Every 200 ms it
 * posts the spans that were recorded (https://zipkin.io/zipkin-api/, POST /spans). The sidecar keeps each report until
 * Zipkin takes it.
 *
 * @param endpoint the URL to post to; in this sandbox a listener of the sidecar
 * @param log takes one line when a report fails for the first time
 */
export function createReporter(endpoint: URL, log: (line: string) => void): Reporter {
  const Agent = endpoint.protocol === 'https:' ? HttpsAgent : HttpAgent;
  const underWay = new Set<Promise<Response>>();
  const counters = { recorded: 0, failedReports: 0 };

  const post: Post = (url, options) => {
    const answered = fetch(url, options).then(async (response) => {
      await response.text(); // frees the connection for the next report
      return response;
    });
    underWay.add(answered);
    const forget = () => underWay.delete(answered);
    answered.then(forget, forget);
    return answered;
  };
  const options = {
    endpoint: endpoint.href,
    agent: new Agent({ keepAlive: true, timeout: 5_000 }), // closes idle connections before the sidecar does (60 s)
    timeout: 130_000, // longer than the sidecar's time-out, so the sidecar always answers first
    httpInterval: 200,
    maxPayloadSize: 64 * 1024, // the sidecar keeps at most 512 reports
    jsonEncoder: jsonEncoder.JSON_V2,
    fetchImplementation: post,
  };
  const logger = new HttpLogger(options);
  logger.on('error', ({ message }) => {
    counters.failedReports += 1;
    const [seen = ''] = message.split(', body:', 1); // the rest of the message is the spans
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
