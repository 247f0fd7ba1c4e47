import type { Span } from './span.js';
import { labelOf } from './tree.js';

/** The hop that a finding is about: `label` as in `service1-app CLIENT`, `path` its place in the shape file. */
export interface Hop {
  readonly label: string;
  readonly path: string;
}

/** One way in which a trace differs from its shape. Can be written as JSON. */
export type ShapeFinding =
  | { readonly type: 'missing-span'; readonly hop: Hop; readonly under?: Span }
  | { readonly type: 'unexpected-span'; readonly span: Span; readonly under?: Span }
  | { readonly type: 'repeated-span'; readonly hop: Hop; readonly span: Span; readonly max: number }
  | { readonly type: 'forbidden-span'; readonly hop: Hop; readonly span: Span }
  | {
      readonly type: 'misplaced-span';
      readonly hop: Hop;
      readonly span: Span;
      readonly expectedUnder: string;
      readonly under?: Span;
    }
  | {
      readonly type: 'wrong-value';
      readonly hop: Hop;
      readonly span: Span;
      /** `service`, `kind`, `shared`, `name` or `tag <its name>`. */
      readonly field: string;
      readonly expected: string;
      readonly seen: string;
    }
  /** `limit` in microseconds. */
  | { readonly type: 'slow-span'; readonly hop: Hop; readonly span: Span; readonly limit: number };

export type Finding = ShapeFinding;

/**
 * A finding in one line of plain words.
 */
export function describeFinding(finding: Finding): string {
  switch (finding.type) {
    case 'missing-span':
      return `${finding.hop.label} is missing${finding.under ? ` under ${reference(finding.under)}` : ''}`;
    case 'unexpected-span':
      return `${reference(finding.span)} is not in the shape${finding.under ? `; it is under ${reference(finding.under)}` : ''}`;
    case 'repeated-span':
      return `${reference(finding.span)} is one too many: the shape has at most ${finding.max}`;
    case 'forbidden-span':
      return `${reference(finding.span)} is forbidden`;
    case 'misplaced-span':
      return `${reference(finding.span)} is under ${finding.under ? reference(finding.under) : 'no span'}; expected under ${finding.expectedUnder}`;
    case 'wrong-value':
      return `${reference(finding.span)}: ${finding.field} is ${finding.seen}; expected ${finding.expected}`;
    case 'slow-span':
      return `${reference(finding.span)} took ${finding.span.duration} µs; at most ${finding.limit} µs expected`;
  }
}

function reference(span: Span): string {
  return `${labelOf(span)} ${span.id}`;
}
