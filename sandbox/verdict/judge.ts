import { namePlaces } from '../trace/clock.js';
import type { Span } from '../trace/span.js';
import { errorOf, requestIdOf, requestIdTag } from '../trace/span-tags.js';
import { wrongUnitOf } from '../trace/time-unit.js';
import { type HeaderRecord, readB3 } from '../trace/trace-headers.js';
import { buildTree, isAnsweredCall, type SpanNode, type SpanTree, walkTree } from '../trace/tree.js';
import { findCutCalls, type ServedCalls } from './cut-call.js';
import type { Finding, TraceFinding } from './finding.js';
import { matchShape, type ShapeMatch } from './match-shape.js';
import { noteOddities } from './note.js';
import { fitOwnApps, isLeftOpen, notesOn, type OwnAppTrace, readOwnApps } from './own-app.js';
import type { Shape } from './shape.js';
import { hopOf } from './span-pattern.js';

export interface JudgeOptions {
  /** Microseconds that a span may begin before its parent: the clocks' granularity. Default 1,000. */
  readonly startTolerance?: number;
  /** Microseconds that a server may end after its client. Default: any, for a client need not wait for all of an answer. */
  readonly endTolerance?: number;
  /** Longest duration of the whole request, microseconds. Default: any. */
  readonly within?: number;
  /** The span id that the request brought, if it joined a trace: what has it as parent is no orphan. */
  readonly callerSpanId?: string | undefined;
  /** Other traces that the answer names. */
  readonly otherTraceIds?: readonly string[];
  /** The calls of other traces, among which those that this trace lacks may be. */
  readonly otherCalls?: ServedCalls;
  /** Every hop is known to send on its caller's parent span id, as those of this sandbox are. */
  readonly sendsParents?: boolean;
  /** What trace headers entered and left the hops for this request, where that is known. */
  readonly headers?: readonly HeaderRecord[];
  /** The apps of the user's own that are known to have made a span for this request in another trace. */
  readonly elsewhere?: readonly string[];
}

export interface Verdict {
  /** The trace is as the shape has it and nothing in it is wrong. */
  readonly whole: boolean;
  readonly findings: readonly Finding[];
  /** What is worth knowing and no fault, a sentence each. */
  readonly notes: readonly string[];
  readonly shape: Shape;
  readonly tree: SpanTree;
  readonly spansOf: ShapeMatch['spansOf'];
  /** What the apps of the user's own left. */
  readonly ownApps: readonly OwnAppTrace[];
}

/** The shape of every trace: it has spans. Whatever else holds for all traces, `judge` looks at. */
export const anyShape: Shape = {
  name: 'any trace',
  root: { service: /^/u, tags: {}, path: 'root', times: { min: 1, max: Number.POSITIVE_INFINITY }, children: [] },
  forbidden: [],
  others: 'allowed',
};

/**
 * Judges one trace: it has the shape, one root, one trace id, one request id and one sampling decision, no orphan, no id
 * used twice, no failed or unfinished span, and times that can be. A failure that the shape expects (it names the `error`
 * tag of that span) is none. Takes any spans, also none, and never throws.
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
    ...checkIds(nodes, options),
    ...checkDecisions(options.headers ?? []),
    ...checkFailures(nodes, match),
    ...checkTimes(tree, nodes, options),
    ...checkWhole(shape, tree, options),
    ...(options.otherCalls ? findCutCalls(tree, requestIdOf(nodes.map(({ span }) => span)), options.otherCalls) : []),
  ];
  const findings = ownApps.length > 0 ? all.filter((finding) => !isLeftOpen(finding, ownApps, all)) : all;
  const notes = [
    ...ownApps.flatMap(notesOn).map(({ text }) => text),
    ...noteOddities(tree, options.callerSpanId, ownApps.length > 0),
  ];
  const { spansOf } = match;
  return { whole: findings.length === 0, findings, notes, shape: fitted.shape, tree, spansOf, ownApps };
}

/**
 * Whoever called may report nothing to this Zipkin: spans of one missing parent are no orphans where nothing else begins
 * the trace.
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

function checkIds(nodes: readonly SpanNode[], { otherTraceIds = [], sendsParents }: JudgeOptions): TraceFinding[] {
  const traceId = nodes[0]?.span.traceId ?? '';
  const findings = otherTraceIds.map((otherTraceId): TraceFinding => ({ type: 'second-trace', traceId, otherTraceId }));
  const requestId = requestIdOf(nodes.map(({ span }) => span));
  for (const node of nodes) {
    const { span, sameIdAs, parent } = node;
    if (sameIdAs) findings.push({ type: 'reused-id', span, first: sameIdAs.span });
    const hasOtherParent = parent?.span.id === span.id && parent.span.parentId !== span.parentId;
    if (hasOtherParent && (span.parentId !== undefined || sendsParents)) {
      findings.push({ type: 'unlike-parents', span, caller: parent.span });
    }
    // Zipkin may be set to take a 64-bit id for the same trace as the 128-bit one that ends with it.
    if (span.traceId.slice(-16) !== traceId.slice(-16)) {
      findings.push({ type: 'mixed-trace-ids', span, expected: traceId });
    }
    const seen = span.tags?.[requestIdTag];
    if (requestId !== undefined && seen !== undefined && seen !== requestId && isOfOtherRequest(node)) {
      findings.push({ type: 'mixed-requests', span, expected: requestId, seen });
    }
  }
  return findings;
}

/** A hop that got no x-request-id makes one of its own; only a second call, or a late one, is of another request. */
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

function checkTimes(tree: SpanTree, nodes: readonly SpanNode[], options: JudgeOptions): TraceFinding[] {
  const { startTolerance = 1_000, endTolerance = Number.POSITIVE_INFINITY } = options;
  const placeOf = namePlaces(tree);
  return nodes.flatMap((node): TraceFinding[] => {
    const { span, parent } = node;
    const { timestamp, duration } = span;
    if (timestamp === undefined || (duration === undefined && !isOneWay(node)))
      return [{ type: 'unfinished-span', span }];
    const unit = wrongUnitOf(timestamp);
    if (unit) return [{ type: 'wrong-unit', span, unit }];
    if (duration !== undefined && duration < 0) return [{ type: 'negative-duration', span }];
    const outer = parent?.span;
    if (outer?.timestamp === undefined || wrongUnitOf(outer.timestamp)) return [];
    const outside = { type: 'outside-parent', span, parent: outer } as const;
    const early = outer.timestamp - timestamp;
    // Within one process a span may be recorded afterwards, as the wait in a queue is; and a consumer waits for messages.
    const isCause = parent && placeOf.get(node) !== placeOf.get(parent) && span.kind !== 'CONSUMER';
    if (isCause && early > startTolerance) return [{ ...outside, how: 'starts before', micros: early }];
    if (!isAnsweredCall(node) || outer.duration === undefined || duration === undefined) return [];
    const missed = timestamp - (outer.timestamp + outer.duration);
    const late = missed + duration;
    if (missed > endTolerance) return [{ ...outside, how: 'starts after the end of', micros: missed }];
    return late > endTolerance ? [{ ...outside, how: 'ends after', micros: late }] : [];
  });
}

/** A message, or a call of which nobody waited for the answer, needs no duration. */
function isOneWay(node: SpanNode): boolean {
  const { span, parent, children } = node;
  if (span.kind === 'PRODUCER' || span.kind === 'CONSUMER') return true;
  if (isAnsweredCall(node)) return parent?.span.duration === undefined;
  return span.kind === 'CLIENT' && children.some((child) => isAnsweredCall(child) && child.span.duration === undefined);
}

function checkWhole({ root }: Shape, { roots }: SpanTree, { within }: JudgeOptions): Finding[] {
  const span = roots[0]?.span;
  if (!span || within === undefined || (span.duration ?? 0) <= within) return [];
  return [{ type: 'slow-span', hop: hopOf(root), span, limit: within }];
}
