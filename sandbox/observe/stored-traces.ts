import { type Span, serviceOf } from '../trace/span.js';

/** Number of spans by the reporter's name in Zipkin. */
export type SpanCounts = Readonly<Record<string, number>>;

/** The spans of a load's traces that Zipkin has or had. */
export interface StoredSpans {
  readonly stored: SpanCounts;
  /** Spans of traces that are gone, if the store got more spans than it keeps. */
  readonly evicted: SpanCounts;
  /** Spans beyond those that the traces should have. */
  readonly unexpected: SpanCounts;
  readonly wholeTraces: number;
  /** The ids of a few traces that are not whole. */
  readonly incompleteTraces: readonly string[];
}

interface Requests {
  /** How many of the trace's requests had the expected answer, so they must have left the shape's spans. */
  expected: number;
  /** How many had another answer. Their spans are not known beforehand. */
  other: number;
}

/** What it may mean that a trace is not whole. */
export interface FinishOptions {
  /** The store got more spans than it keeps. */
  readonly mayEvict: boolean;
  /** Not every request was traced. */
  readonly maySkip: boolean;
  /** Called with the number of traces that are still to be read. */
  readonly onProgress: (left: number) => void;
}

type ReadTraces = (traceIds: readonly string[]) => Promise<readonly (readonly Span[])[]>;

// Zipkin's server refuses a request line of more than 4,096 bytes.
const tracesPerRead = 100;
const shownIds = 5;

/**
 * Finds out which spans of a load's traces Zipkin has, by reading every trace. It forgets the traces that it found
 * whole, so its memory holds only those that it still has to read.
 */
export class StoredTraces {
  readonly #unseen = new Map<string, Requests>();
  readonly #stored: Record<string, number> = {};
  readonly #evicted: Record<string, number> = {};
  readonly #unexpected: Record<string, number> = {};
  readonly #incomplete: string[] = [];
  #whole = 0;

  /**
   * @param readTraces Zipkin's traceMany
   * @param shape the spans of one request with the expected answer, by reporter
   * @param hasOwnApps whether a reporter that is not in the shape may be an app of the user's own: its spans are stored
   */
  constructor(
    private readonly readTraces: ReadTraces,
    private readonly shape: SpanCounts,
    private readonly hasOwnApps = false,
  ) {}

  /** How many traces have not been found whole yet. */
  get unseen(): number {
    return this.#unseen.size;
  }

  /** Adds the trace of one request. */
  add(traceId: string, asExpected: boolean): void {
    const requests = this.#unseen.get(traceId) ?? { expected: 0, other: 0 };
    requests[asExpected ? 'expected' : 'other'] += 1;
    this.#unseen.set(traceId, requests);
  }

  /**
   * Reads the oldest traces that have not been found whole, and forgets those that are whole now.
   *
   * @param count the largest number of traces to read
   */
  look(count: number): Promise<void> {
    const settleWhole = (traceId: string, requests: Requests, found: SpanCounts) => {
      if (requests.other === 0 && this.#isWhole(requests, found)) this.#settle(traceId, requests, found);
    };
    return this.#read([...this.#unseen.keys()].slice(0, count), settleWhole);
  }

  /** Reads all traces that are left and takes the result as final. */
  async finish({ mayEvict, maySkip, onProgress }: FinishOptions): Promise<StoredSpans> {
    const settle = (traceId: string, requests: Requests, found: SpanCounts) => {
      const isAbsent = Object.keys(found).length === 0;
      if (isAbsent && maySkip) this.#unseen.delete(traceId);
      else if (isAbsent && mayEvict) this.#evict(traceId, requests);
      else this.#settle(traceId, requests, found);
    };
    await this.#read([...this.#unseen.keys()], settle, onProgress);
    const [stored, evicted, unexpected] = [this.#stored, this.#evicted, this.#unexpected];
    return { stored, evicted, unexpected, wholeTraces: this.#whole, incompleteTraces: this.#incomplete };
  }

  async #read(
    ids: readonly string[],
    each: (traceId: string, requests: Requests, found: SpanCounts) => void,
    onProgress?: FinishOptions['onProgress'],
  ): Promise<void> {
    for (let from = 0; from < ids.length; from += tracesPerRead) {
      const some = ids.slice(from, from + tracesPerRead);
      const counts = new Map<string, Record<string, number>>(some.map((traceId) => [traceId, {}]));
      for (const span of (await this.readTraces(some)).flat()) add(counts.get(span.traceId) ?? {}, serviceOf(span), 1);
      for (const [traceId, found] of counts) {
        const requests = this.#unseen.get(traceId);
        if (requests) each(traceId, requests, found);
      }
      onProgress?.(this.#unseen.size);
    }
  }

  #isWhole({ expected }: Requests, found: SpanCounts): boolean {
    return Object.entries(this.shape).every(([reporter, spans]) => (found[reporter] ?? 0) >= spans * expected);
  }

  #settle(traceId: string, requests: Requests, found: SpanCounts): void {
    if (this.#isWhole(requests, found)) this.#whole += Object.keys(found).length > 0 ? 1 : 0;
    else if (this.#incomplete.length < shownIds) this.#incomplete.push(traceId);
    for (const [reporter, spans] of Object.entries(found)) {
      const each = this.shape[reporter] ?? (this.hasOwnApps ? spans : 0);
      const most = requests.other > 0 ? spans : each * requests.expected;
      add(this.#stored, reporter, Math.min(spans, most));
      add(this.#unexpected, reporter, Math.max(0, spans - most));
    }
    this.#unseen.delete(traceId);
  }

  #evict(traceId: string, { expected }: Requests): void {
    for (const [reporter, spans] of Object.entries(this.shape)) add(this.#evicted, reporter, spans * expected);
    this.#unseen.delete(traceId);
  }
}

function add(counts: Record<string, number>, reporter: string, spans: number): void {
  if (spans > 0) counts[reporter] = (counts[reporter] ?? 0) + spans;
}
