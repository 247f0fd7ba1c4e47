import { ask, splitCredentials } from '../topology/ask.js';
import { distinctSpans } from '../trace/merge-parts.js';
import type { Span } from '../trace/span.js';

export interface TraceQuery {
  readonly serviceName?: string;
  readonly annotationQuery?: string;
  /** End of the time to search, in epoch milliseconds. */
  readonly endTs?: number;
  /** How many milliseconds before `endTs` the search begins. */
  readonly lookback?: number;
  readonly limit?: number;
}

/** The error of a Zipkin that did not do what was asked. `status` is 0 if no Zipkin answered. */
export class ZipkinError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** Zipkin refuses a request line with more than about this many trace ids. */
const longestList = 100;

/**
 * Reads from a Zipkin server through its HTTP API v2. Every method throws ZipkinError if the server does not answer in
 * time or answers with an error.
 *
 * @see https://zipkin.io/zipkin-api/
 */
export class ZipkinClient {
  readonly #address: string;
  /** The root URL of the server, without credentials. */
  readonly url: string;

  /**
   * @param address the root URL of the server, for example `http://localhost:9411`; with credentials for basic
   *   authentication
   */
  constructor(address: string) {
    this.#address = address;
    this.url = splitCredentials(address).url;
  }

  /** @returns the spans of a trace; none if Zipkin has none of it */
  async trace(traceId: string): Promise<Span[]> {
    const spans = await this.#get<Span[]>(`/api/v2/trace/${encodeURIComponent(traceId)}`, [404]);
    if (!spans) await this.#requireQueryApi();
    return distinctSpans(spans ?? []);
  }

  /** @returns the traces that match, newest first, each a list of spans */
  async traces(query: TraceQuery): Promise<Span[][]> {
    const defined = Object.entries(query).map(([name, value]) => [name, String(value)]);
    return ((await this.#get<Span[][]>(`/api/v2/traces?${new URLSearchParams(defined)}`)) ?? []).map(distinctSpans);
  }

  /** @returns the traces with these ids that Zipkin has, in no order */
  async traceMany(traceIds: readonly string[]): Promise<Span[][]> {
    const traces: Span[][] = [];
    for (let from = 0; from < traceIds.length; from += longestList) {
      traces.push(...(await this.#listed(traceIds.slice(from, from + longestList))));
    }
    return traces;
  }

  async #listed(traceIds: readonly string[]): Promise<Span[][]> {
    const [traceId = ''] = traceIds;
    // Zipkin answers 400 if it is asked for a single trace this way.
    if (traceIds.length === 1) return [await this.trace(traceId)].filter((spans) => spans.length > 0);
    return ((await this.#get<Span[][]>(`/api/v2/traceMany?traceIds=${traceIds.join(',')}`)) ?? []).map(distinctSpans);
  }

  /** @returns the names of the services that reported spans */
  async services(): Promise<string[]> {
    return (await this.#get<string[]>('/api/v2/services')) ?? [];
  }

  /** @returns the collector's counters and gauges by name, as `/metrics` gives them */
  async metrics(): Promise<Record<string, number>> {
    return (await this.#get<Record<string, number>>('/metrics')) ?? {};
  }

  /** @returns the address of a trace's page in Zipkin's UI */
  tracePage(traceId: string): string {
    return `${this.url}/zipkin/traces/${traceId}`;
  }

  #queryApi: Promise<unknown> | undefined;

  /**
   * A server that takes spans like Zipkin may not answer queries like Zipkin. For an unknown trace, both answer 404.
   */
  #requireQueryApi(): Promise<unknown> {
    this.#queryApi ??= this.services().catch((error: unknown) => {
      if (!(error instanceof ZipkinError) || error.status !== 404) throw error;
      const seen = `${this.url} answers 404 to Zipkin's query API, as the ports of Jaeger and OpenTelemetry for Zipkin spans do`;
      throw new ZipkinError(
        `Zipkin: ${seen}; give the address of a Zipkin, or judge a downloaded trace with --file`,
        404,
      );
    });
    return this.#queryApi;
  }

  async #get<T>(path: string, absent: readonly number[] = []): Promise<T | undefined> {
    const todo = 'start Zipkin, or give its address with --zipkin';
    const { status, body } = await ask(`${this.#address}${path}`, { ms: 10_000, todo }).catch((error: Error) => {
      throw new ZipkinError(`Zipkin: ${error.message}`, 0);
    });
    const url = `${this.url}${path}`;
    if (absent.includes(status)) return undefined;
    if (status !== 200)
      throw new ZipkinError(`Zipkin: ${url} answered ${status}: ${body.trim().slice(0, 200)}`, status);
    try {
      return JSON.parse(body) as T;
    } catch {
      const seen = JSON.stringify(body.trim().slice(0, 60));
      throw new ZipkinError(`Zipkin: ${url} answered ${seen}, which is not JSON; give the address of a Zipkin`, status);
    }
  }
}
