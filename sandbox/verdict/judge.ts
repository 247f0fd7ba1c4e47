import type { Span } from '../trace/span.js';
import { errorOf, requestIdOf, requestIdTag } from '../trace/span-tags.js';
import { type HeaderRecord, readB3 } from '../trace/trace-headers.js';
import { buildTree, isServing, type SpanNode, type SpanTree, walkTree } from '../trace/tree.js';
import type { Finding, TraceFinding } from './finding.js';
import { matchShape, type ShapeMatch } from './match-shape.js';
import { fitOwnApps, isLeftOpen, notesOn, type OwnAppTrace, readOwnApps } from './own-app.js';
import type { Shape } from './shape.js';
import { hopOf } from './span-pattern.js';

export interface JudgeOptions {
  /** Microseconds that a span may begin before its parent: the clocks' granularity. Default 1,000. */
  readonly startTolerance?: number;
  /** Microseconds that a span may end after its parent: servers note their end late. Default 100,000. */
  readonly endTolerance?: number;
  /** Longest duration of the whole request, microseconds. Default: any. */
  readonly within?: number;
  /** The request carried a caller's trace context, so that the root may have a parent that is not in the trace. */
  readonly joined?: boolean;
  /** What trace headers entered and left the hops for this request, where that is known. */
  readonly headers?: readonly HeaderRecord[];
  /** The apps of the user's own that are known to have made a span for this request in another trace. */
  readonly elsewhere?: readonly string[];
}

export interface Verdict {
  /** The trace is exactly as the shape has it and nothing in it is wrong. */
  readonly whole: boolean;
  readonly findings: readonly Finding[];
  readonly shape: Shape;
  readonly tree: SpanTree;
  readonly spansOf: ShapeMatch['spansOf'];
  /** What the apps of the user's own left. */
  readonly ownApps: readonly OwnAppTrace[];
  /** Lines about those apps that are no faults of the trace. */
  readonly notes: readonly string[];
}

/**
 * Judges one trace: it has the shape, one root, one trace id, one request id and one sampling decision, no orphan, no
 * duplicate, no id used twice, no failed or unfinished span, and every child is within its parent's time. A failure that
 * the shape expects (it names the `error` tag of that span) is none. Takes any spans, also none, and never throws.
 */
export function judge(shape: Shape, spans: readonly Span[], options: JudgeOptions = {}): Verdict {
  const tree = buildTree(spans);
  const ownApps = readOwnApps(shape, tree);
  const fitted = fitOwnApps(shape, ownApps, options.elsewhere);
  const match = matchShape(fitted.shape, tree, fitted.passed);
  const nodes = [...walkTree(tree)];
  const all: Finding[] = [
    ...match.findings,
    ...checkRoots(tree, options),
    ...checkIds(nodes),
    ...checkDecisions(options.headers ?? []),
    ...checkFailures(nodes, match),
    ...checkTimes(nodes, options),
    ...checkWhole(shape, tree, options),
  ];
  const findings = ownApps.length > 0 ? all.filter((finding) => !isLeftOpen(finding, ownApps, all)) : all;
  const notes = ownApps.flatMap(notesOn);
  const { spansOf } = match;
  return { whole: findings.length === 0, findings, shape: fitted.shape, tree, spansOf, ownApps, notes };
}

function checkRoots({ roots }: SpanTree, { joined = false }: JudgeOptions): TraceFinding[] {
  const [first, ...others] = roots;
  if (!first) return [];
  const findings = others.map(({ span, detached }): TraceFinding => {
    if (detached === 'cycle') return { type: 'cycle', span };
    return detached ? { type: 'orphan-span', span } : { type: 'second-root', span, root: first.span };
  });
  const { span, detached } = first;
  if (detached === 'cycle') return [{ type: 'cycle', span }, ...findings];
  return detached && !joined ? [{ type: 'orphan-span', span }, ...findings] : findings;
}

function checkIds(nodes: readonly SpanNode[]): TraceFinding[] {
  const findings: TraceFinding[] = [];
  const firstOf = new Map<string, Span>();
  const [traceId] = nodes.map(({ span }) => span.traceId);
  const requestId = requestIdOf(nodes.map(({ span }) => span));
  for (const { span, duplicate, parent } of nodes) {
    const side = `${span.id} ${isServing(span)}`;
    const first = firstOf.get(side);
    if (duplicate) findings.push({ type: 'duplicate-span', span });
    else if (first) findings.push({ type: 'reused-id', span, first });
    else firstOf.set(side, span);
    if (parent && parent.span.id === span.id && parent.span.parentId !== span.parentId) {
      findings.push({ type: 'unlike-parents', span, caller: parent.span });
    }
    if (traceId !== undefined && span.traceId !== traceId) {
      findings.push({ type: 'mixed-trace-ids', span, expected: traceId });
    }
    const seen = span.tags?.[requestIdTag];
    if (requestId !== undefined && seen !== undefined && seen !== requestId) {
      findings.push({ type: 'mixed-requests', span, expected: requestId, seen });
    }
  }
  return findings;
}

function checkDecisions(headers: readonly HeaderRecord[]): TraceFinding[] {
  return headers.flatMap((out): TraceFinding[] => {
    const entered = headers.find(({ at, direction }) => at === out.at && direction === 'in');
    const before = entered && readB3(entered.headers).decision;
    const after = readB3(out.headers).decision;
    if (out.direction !== 'out' || before === undefined || after === undefined || (before === '0') === (after === '0'))
      return [];
    return [{ type: 'changed-decision', at: out.at, before, after }];
  });
}

function checkFailures(nodes: readonly SpanNode[], { spansOf }: ShapeMatch): TraceFinding[] {
  const expected = new Set([...spansOf].flatMap(([{ tags }, taken]) => ('error' in tags ? taken : [])));
  return nodes.flatMap((node): TraceFinding[] => {
    const error = errorOf(node.span);
    return error === undefined || expected.has(node) ? [] : [{ type: 'failed-span', span: node.span, error }];
  });
}

function checkTimes(nodes: readonly SpanNode[], options: JudgeOptions): TraceFinding[] {
  const { startTolerance = 1_000, endTolerance = 100_000 } = options;
  return nodes.flatMap(({ span, parent }): TraceFinding[] => {
    const { timestamp, duration } = span;
    if (timestamp === undefined || duration === undefined) return [{ type: 'unfinished-span', span }];
    if (duration < 0) return [{ type: 'negative-duration', span }];
    const outer = parent?.span;
    if (outer?.timestamp === undefined || outer.duration === undefined) return [];
    const early = outer.timestamp - timestamp;
    const missed = timestamp - (outer.timestamp + outer.duration);
    const late = missed + duration;
    const outside = { type: 'outside-parent', span, parent: outer } as const;
    if (early > startTolerance) return [{ ...outside, how: 'starts before', micros: early }];
    if (missed > endTolerance) return [{ ...outside, how: 'starts after the end of', micros: missed }];
    return late > endTolerance ? [{ ...outside, how: 'ends after', micros: late }] : [];
  });
}

function checkWhole({ root }: Shape, { roots }: SpanTree, { within }: JudgeOptions): Finding[] {
  const span = roots[0]?.span;
  if (!span || within === undefined || (span.duration ?? 0) <= within) return [];
  return [{ type: 'slow-span', hop: hopOf(root), span, limit: within }];
}
