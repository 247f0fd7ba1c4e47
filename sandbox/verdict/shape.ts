import type { SpanKind } from '../trace/span.js';

/** A text that must be equal, or an expression that must match. A shape file writes the expression as `/.../`. */
export type Pattern = string | RegExp;

/**
 * What a span must be like. A field that is absent is not checked. `within` is the longest duration in microseconds.
 */
export interface SpanPattern {
  readonly service: Pattern;
  /** `LOCAL`: a span without a kind, which is neither a call nor an answer. */
  readonly kind?: SpanKind | 'LOCAL';
  readonly shared?: boolean;
  readonly name?: Pattern;
  /** `null`: the span must not have this tag. */
  readonly tags: Readonly<Record<string, Pattern | null>>;
  readonly within?: number;
  /** The place in the shape file, for example `root.children[0]`. */
  readonly path: string;
}

/** A span that a whole trace has `min` to `max` times in this place. `max` may be Infinity. */
export interface ExpectedSpan extends SpanPattern {
  readonly times: { readonly min: number; readonly max: number };
  readonly children: readonly ExpectedSpan[];
  /** The SERVER span of one of the user's own apps, whose tracer may leave other spans. */
  readonly isOwnApp?: true;
}

/** The spans of a whole trace. */
export interface Shape {
  readonly name: string;
  readonly root: ExpectedSpan;
  /** Spans that must not occur anywhere in the trace. */
  readonly forbidden: readonly SpanPattern[];
  /** Whether spans that the shape does not mention are a fault. */
  readonly others: 'forbidden' | 'allowed';
}

/** A shape that cannot be read or written. The message is one line: file, place, what was seen, what to do. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** The smallest number of spans in a whole trace of this shape. */
export function countExpected(shape: Shape): number {
  const count = ({ times, children }: ExpectedSpan): number =>
    times.min * children.reduce((sum, child) => sum + count(child), 1);
  return count(shape.root);
}

/** A part of a shape and all parts below it, in the order of the shape. */
export function allParts(part: ExpectedSpan): ExpectedSpan[] {
  return [part, ...part.children.flatMap(allParts)];
}

/**
 * @returns how many spans each service leaves at least in a trace of this shape; without services that are named by a
 *   pattern and without the user's own apps
 */
export function spansByService({ root }: Shape): Record<string, number> {
  const counts: Record<string, number> = {};
  const count = ({ service, times, children }: ExpectedSpan, each: number): void => {
    const spans = each * times.min;
    if (typeof service === 'string') counts[service] = (counts[service] ?? 0) + spans;
    for (const child of children) count(child, spans);
  };
  count(root, 1);
  for (const { isOwnApp, service } of allParts(root)) if (isOwnApp) delete counts[String(service)];
  return counts;
}
