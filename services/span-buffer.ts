/** Encoded spans that wait to be sent, oldest first, within a bound of spans and of bytes. */
export class SpanBuffer {
  #spans: string[] = [];
  #bytes = 0;

  /**
   * @param maxSpans most spans kept
   * @param maxBytes most bytes kept (UTF-8 of the encoded spans)
   */
  constructor(
    private readonly maxSpans: number,
    private readonly maxBytes: number,
  ) {}

  /** How many spans wait. */
  get size(): number {
    return this.#spans.length;
  }

  /**
   * Adds spans and, beyond the bound, drops the oldest.
   *
   * @param spans encoded spans, oldest first
   * @returns how many were dropped
   */
  push(spans: readonly string[]): number {
    for (const span of spans) {
      this.#spans.push(span);
      this.#bytes += Buffer.byteLength(span);
    }
    let dropped = Math.max(0, this.#spans.length - this.maxSpans);
    let bytes = this.#bytes - byteLength(this.#spans.slice(0, dropped));
    while (bytes > this.maxBytes) bytes -= Buffer.byteLength(this.#spans[dropped++] ?? '');
    this.#spans.splice(0, dropped);
    this.#bytes = bytes;
    return dropped;
  }

  /**
   * Takes the oldest spans out.
   *
   * @param maxSpans most spans to take
   * @param maxBytes bound of their bytes; one span is taken whatever its size
   */
  take(maxSpans: number, maxBytes: number): string[] {
    let count = 0;
    let bytes = 0;
    for (const span of this.#spans) {
      bytes += Buffer.byteLength(span);
      if (count > 0 && (count === maxSpans || bytes > maxBytes)) break;
      count++;
    }
    const taken = this.#spans.splice(0, count);
    this.#bytes -= byteLength(taken);
    return taken;
  }
}

function byteLength(spans: readonly string[]): number {
  let bytes = 0;
  for (const span of spans) bytes += Buffer.byteLength(span);
  return bytes;
}
