import { errorOf, requestIdOf, type Span } from '../trace/span.js';
import { type HeaderRecord, readB3 } from '../trace/trace-headers.js';
import { buildTree, type SpanNode, type SpanTree } from '../trace/tree.js';
import { checkDuration, checkTimes, type Limits } from './check-times.js';
import { findCutCalls, type ServedCalls } from './cut-call.js';
import type { Finding, TraceFinding } from './finding.js';
import { matchShape, type ShapeMatch } from './match-shape.js';
import { noteOddities } from './note.js';
import { fitOwnApps, isLeftOpen, type OwnAppTrace, readOwnApps } from './own-app.js';
import type { Shape } from './shape.js';

export interface JudgeOptions extends Limits {
  /** The span id that the request carried, if it joined a trace. A span with this parent is not an orphan. */
  readonly callerSpanId?: string | undefined;
  /** Other traces that the answer names. */
  readonly otherTraceIds?: readonly string[];
  /** The calls of other traces. A call that is missing in this trace may be one of them. */
  readonly otherCalls?: ServedCalls;
  /** Whether every hop forwards its caller's parent span id, as those of this sandbox do. */
  readonly sendsParents?: boolean;
  /** The trace headers that entered and left the hops for this request, if they are known. */
  readonly headers?: readonly HeaderRecord[];
  /** The user's own apps that are known to have a span of this request in another trace. */
  readonly elsewhere?: readonly string[];
}

export interface Verdict {
  /** The trace has its shape and no fault. */
  readonly whole: boolean;
  readonly findings: readonly Finding[];
  /** Remarks that are not faults, a sentence each. */
  readonly notes: readonly string[];
  readonly shape: Shape;
  readonly tree: SpanTree;
  readonly spansOf: ShapeMatch['spansOf'];
  /** The spans of the user's own apps. */
  readonly ownApps: readonly OwnAppTrace[];
}

/** The shape that every trace has: it has spans. `judge` checks everything else that holds for all traces. */
export const anyShape: Shape = {
  name: 'any trace',
  root: { service: /^/u, tags: {}, path: 'root', times: { min: 1, max: Number.POSITIVE_INFINITY }, children: [] },
  forbidden: [],
  others: 'allowed',
};

/**
 * Judges one trace. A whole trace has the shape, one root, one trace id, one request id and one sampling decision. It
 * has no orphan, no id that is used twice, no failed or unfinished span, and its times are possible. A failure counts
 * as expected if the shape names the `error` tag of that span. Takes any spans, also none, and never throws.
 */
export function judge(shape: Shape, spans: readonly Span[], options: JudgeOptions = {}): Verdict {
  const tree = buildTree(spans);
  const ownApps = readOwnApps(shape, tree);
  const fitted = fitOwnApps(shape, ownApps, options.elsewhere);
  const match = matchShape(fitted.shape, tree, fitted.passed);
  const { nodes } = tree;
  const all: Finding[] = [
    ...match.findings,
    ...checkRoots(tree, options),
    ...checkIds(tree, options),
    ...checkDecisions(options.headers ?? []),
    ...checkFailures(nodes, match),
    ...checkTimes(tree, options),
    ...checkDuration(shape, tree, options),
    ...(options.otherCalls ? findCutCalls(tree, options.otherCalls) : []),
  ];
  const findings = ownApps.length > 0 ? all.filter((finding) => !isLeftOpen(finding, ownApps, all)) : all;
  const notes = noteOddities(tree, options.callerSpanId, ownApps);
  const { spansOf } = match;
  return { whole: findings.length === 0, findings, notes, shape: fitted.shape, tree, spansOf, ownApps };
}

/**
 * The caller may report nothing to this Zipkin. So spans with the same missing parent are not orphans if the trace has
 * no other beginning.
 */
function checkRoots({ roots }: SpanTree, { callerSpanId }: JudgeOptions): TraceFinding[] {
  const isEntry = ({ detached, span }: SpanNode) =>
    detached === undefined || (detached === 'missing parent' && span.parentId === callerSpanId);
  const entry = roots.find(isEntry) ?? roots.find(({ detached }) => detached === 'missing parent');
  return roots.flatMap((node): TraceFinding[] => {
    const { span, detached } = node;
    if (detached === 'cycle') return [{ type: 'cycle', span }];
    if (!entry || node === entry) return [];
    if (detached) return span.parentId === entry.span.parentId || isEntry(node) ? [] : [{ type: 'orphan-span', span }];
    return [{ type: 'second-root', span, root: entry.span }];
  });
}

function checkIds({ nodes, requestId }: SpanTree, { otherTraceIds = [], sendsParents }: JudgeOptions): TraceFinding[] {
  const traceId = nodes[0]?.span.traceId ?? '';
  const findings = otherTraceIds.map((otherTraceId): TraceFinding => ({ type: 'second-trace', traceId, otherTraceId }));
  for (const node of nodes) {
    const { span, sameIdAs, parent } = node;
    if (sameIdAs) findings.push({ type: 'reused-id', span, first: sameIdAs.span });
    const hasOtherParent = parent?.span.id === span.id && parent.span.parentId !== span.parentId;
    if (hasOtherParent && (span.parentId !== undefined || sendsParents)) {
      findings.push({ type: 'unlike-parents', span, caller: parent.span });
    }
    // Zipkin can be configured to take a 64-bit id for the same trace as the 128-bit id that ends with it.
    if (span.traceId.slice(-16) !== traceId.slice(-16)) {
      findings.push({ type: 'mixed-trace-ids', span, expected: traceId });
    }
    const seen = requestIdOf(span);
    if (requestId !== undefined && seen !== undefined && seen !== requestId && isOfOtherRequest(node)) {
      findings.push({ type: 'mixed-requests', span, expected: requestId, seen });
    }
  }
  return findings;
}

/** A hop that got no x-request-id makes its own. So only a second call, or a late one, belongs to another request. */
function isOfOtherRequest({ span, parent, sameIdAs }: SpanNode): boolean {
  const end = (parent?.span.timestamp ?? 0) + (parent?.span.duration ?? Number.POSITIVE_INFINITY);
  return sameIdAs !== undefined || (span.timestamp ?? 0) > end;
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
