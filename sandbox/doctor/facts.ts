import type { Diagnosis } from '../diagnosis/cause.js';
import type { Span } from '../trace/span.js';
import type { Note } from '../verdict/own-app.js';

/** A clock is right when it is off by less, milliseconds: what a busy machine does to a span's times is no wrong clock. */
export const clockToleranceMs = 500;

/** Begins what is wrong with a container that Docker refuses to start. */
export const refused = 'Docker refuses to start it';

/** A thing that was asked; `error` says in a few words why it did not answer as it should, and is absent where it did. */
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

/** Who reports spans, by its name in Zipkin. `error`: why its collector does not answer there. */
export interface ReporterFact extends Asked {
  readonly service: string;
  readonly part: 'admin' | 'app';
  /** Where it sends its spans, `host:port`; undefined where that could not be learnt. */
  readonly collector: string | undefined;
  /** What it has lost since it started, as `12 reports`; undefined for nothing. */
  readonly lost: string | undefined;
}

/** One request with `X-B3-Sampled: 1`, and the trace that came of it. */
export interface RequestFact {
  readonly path: string;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly traceId: string;
  /** Epoch milliseconds when it was sent, and milliseconds until its whole answer was there. */
  readonly sentAt: number;
  readonly tookMs: number;
  readonly spans: readonly Span[];
  readonly diagnoses: readonly Pick<Diagnosis, 'cause' | 'hop' | 'text'>[];
  readonly notes: readonly Note[];
}

/** What was seen of a sandbox, before any judgement. What needs something that was not there is empty or undefined. */
export interface Facts {
  readonly sandbox: { readonly mode: 'native' | 'compose'; readonly frontUrl: string } | undefined;
  /** The port on which a front was looked for. */
  readonly frontPort: number;
  /** Where else a native sandbox of this folder runs; looked for only where none runs on `frontPort`. */
  readonly otherFrontPorts: readonly number[];
  /** Undefined where the sandbox runs natively. */
  readonly docker: Asked | undefined;
  /** The containers of this folder's Compose project that do not run as they should. */
  readonly containers: readonly Asked[];
  readonly ports: readonly PublishedFact[];
  readonly processes: readonly ProcessFact[];
  readonly reporters: readonly ReporterFact[];
  /** The front's runtime settings by key, as its admin interface gives them. */
  readonly frontRuntime: Readonly<Record<string, string>> | undefined;
  readonly request: RequestFact | undefined;
  /** Why the request could not be sent or its trace not be read. */
  readonly requestError: string | undefined;
}
