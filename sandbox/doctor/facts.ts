import type { Diagnosis } from '../diagnosis/cause.js';
import type { JudgedTrace } from '../observe/judged-trace.js';
import type { TracedAnswer } from '../observe/send.js';
import type { Reporter } from '../topology/mesh-service.js';
import type { Note } from '../verdict/note.js';

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
  readonly variable?: string | undefined;
}

/** An Envoy or an app, by its name in Zipkin. What follows `error` is absent if it does not answer. */
export interface ReporterFact extends Asked, Pick<Reporter, 'service' | 'part'> {
  /** Who takes its reports. */
  readonly to: 'zipkin' | 'its sidecar';
  /** Its address, `host:port`; undefined if that is not known. */
  readonly collector?: string | undefined;
  /** Why the collector does not answer there. */
  readonly unreached?: string | undefined;
  /** What it has lost since it started, for example `12 reports`; undefined for nothing. */
  readonly lost?: string | undefined;
}

/** One request with `X-B3-Sampled: 1`, and its trace. */
export interface RequestFact
  extends Pick<TracedAnswer, 'status' | 'requestId' | 'sentAt' | 'tookMs'>,
    Pick<JudgedTrace, 'traceId' | 'spans'> {
  readonly path: string;
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
  readonly reporters: readonly ReporterFact[];
  /** The runtime settings of the front proxy by key, as its admin interface prints them. */
  readonly frontRuntime: Readonly<Record<string, string>> | undefined;
  readonly request: RequestFact | undefined;
  /** Why the request could not be sent, or its trace could not be read. */
  readonly requestError: string | undefined;
}
