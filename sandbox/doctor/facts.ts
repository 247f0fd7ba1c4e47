import type { Diagnosis } from '../diagnosis/cause.js';
import type { Span } from '../trace/span.js';
import type { Note } from '../verdict/own-app.js';

/**
 * A clock counts as correct if it is off by less than this many milliseconds, because a busy machine also delays spans.
 */
export const clockToleranceMs = 500;

/** The beginning of the error of a container that Docker refuses to start. */
export const refused = 'Docker refuses to start it';

/** Something that was checked. `error` says in a few words what was wrong; it is absent if nothing was. */
export interface Asked {
  readonly name: string;
  readonly error?: string | undefined;
}

/** A port that a service of docker-compose.yml publishes, and the variable that changes it. */
export interface PublishedFact extends Asked {
  readonly service: string;
  readonly port: number;
  readonly variable: string | undefined;
}

/** A process of a service of docker-compose.yml: its Envoy or its app. */
export interface ProcessFact extends Asked {
  readonly service: string;
  readonly part: 'admin' | 'app';
}

/** A process that reports spans, by its name in Zipkin. `error`: why its collector does not answer there. */
export interface ReporterFact extends Asked {
  readonly service: string;
  readonly part: 'admin' | 'app';
  /** The address to which it sends its spans, `host:port`; undefined if that is not known. */
  readonly collector: string | undefined;
  /** What it has lost since it started, for example `12 reports`; undefined for nothing. */
  readonly lost: string | undefined;
}

/** One request with `X-B3-Sampled: 1`, and its trace. */
export interface RequestFact {
  readonly path: string;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly traceId: string;
  /** When it was sent, in epoch milliseconds, and how many milliseconds the whole answer took. */
  readonly sentAt: number;
  readonly tookMs: number;
  readonly spans: readonly Span[];
  readonly diagnoses: readonly Pick<Diagnosis, 'cause' | 'hop' | 'text'>[];
  readonly notes: readonly Note[];
}

/** What was seen of a sandbox, before any judgement. A fact that could not be found out is empty or undefined. */
export interface Facts {
  readonly sandbox: { readonly mode: 'native' | 'compose'; readonly frontUrl: string } | undefined;
  /** The port on which the front proxy was searched. */
  readonly frontPort: number;
  /** Other ports on which a native sandbox of this folder runs. Searched only if none runs on `frontPort`. */
  readonly otherFrontPorts: readonly number[];
  /** Undefined if the sandbox runs natively. */
  readonly docker: Asked | undefined;
  /** The containers of this folder's Compose project that do not run as they should. */
  readonly containers: readonly Asked[];
  readonly ports: readonly PublishedFact[];
  readonly processes: readonly ProcessFact[];
  readonly reporters: readonly ReporterFact[];
  /** The runtime settings of the front proxy by key, as its admin interface prints them. */
  readonly frontRuntime: Readonly<Record<string, string>> | undefined;
  readonly request: RequestFact | undefined;
  /** Why the request could not be sent, or its trace could not be read. */
  readonly requestError: string | undefined;
}
