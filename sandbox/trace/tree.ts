import { addTo } from './lists.js';
import { mergeParts } from './merge-parts.js';
import type { Span, SpanKind } from './span.js';

/** A span and its place in the tree. `depth` is 0 for a root. */
export interface SpanNode {
  readonly span: Span;
  readonly parent: SpanNode | undefined;
  readonly children: readonly SpanNode[];
  readonly depth: number;
  /** Only on a root that names a parent. The parent is not in the trace, or it is a descendant of the span. */
  readonly detached?: 'missing parent' | 'cycle';
  /** The first span with the same id on the same side of the hop: both are servers, or neither is. */
  readonly sameIdAs?: SpanNode;
}

/** The roots without a parent id come first, then the detached ones. Each group is in the order of start. */
export interface SpanTree {
  readonly roots: readonly SpanNode[];
  readonly size: number;
}

interface Draft {
  readonly span: Span;
  parent: Draft | undefined;
  children: Draft[];
  depth: number;
  detached?: 'missing parent' | 'cycle';
  sameIdAs?: Draft;
}

/** The service that recorded a span; empty if the span names none. */
export function serviceOf(span: Span): string {
  return span.localEndpoint?.serviceName ?? '';
}

/** The kind of a span; `LOCAL` for work inside a process, which Zipkin stores without a kind. */
export function kindOf(span: Span): SpanKind | 'LOCAL' {
  return span.kind ?? 'LOCAL';
}

/** Whether a span is on the called side of a hop. Otherwise it is on the calling side, or work inside a process. */
export function isServing({ kind }: Span): boolean {
  return kind === 'SERVER' || kind === 'CONSUMER';
}

/** Shown for the service of a span that names none. */
export const noService = '(no service)';

/** A short name of a span for people: service and kind, for example `cart-app CLIENT`. */
export function labelOf(span: Span): string {
  return `${serviceOf(span) || noService} ${kindOf(span)}`;
}

/** The address of the process that recorded a span; undefined if the span has none. */
export function addressOf({ localEndpoint }: Span): string | undefined {
  return localEndpoint?.ipv4 ?? localEndpoint?.ipv6;
}

/** Whether a span is the server's side of a call, and its parent the client's side. */
export function isAnsweredCall({ span, parent }: SpanNode): boolean {
  return span.kind === 'SERVER' && parent?.span.kind === 'CLIENT';
}

/**
 * Orders the spans of a trace as a tree and merges the parts of each span. It follows Zipkin's model. A SERVER that
 * shares the id of its CLIENT is a child of that CLIENT. Any other span is a child of the span that its `parentId`
 * names. If a CLIENT and a SERVER share that id, it is a child of the SERVER, because the server made the call.
 * Children are in the order of start, those without a timestamp last. Takes any spans in any order, and never throws.
 */
export function buildTree(spans: readonly Span[]): SpanTree {
  const drafts = mergeParts(spans).map((span): Draft => ({ span, parent: undefined, children: [], depth: 0 }));
  drafts.sort((a, b) => startOf(a.span) - startOf(b.span) || 0);
  markSameIds(drafts);
  const index = indexById(drafts);
  for (const draft of drafts) {
    draft.parent = findParent(draft, index);
    const { id, parentId } = draft.span;
    if (draft.parent === undefined && parentId !== undefined) {
      draft.detached = parentId === id ? 'cycle' : 'missing parent';
    }
  }
  cutCycles(drafts);
  for (const draft of drafts) draft.parent?.children.push(draft);
  const roots = drafts.filter((draft) => draft.parent === undefined);
  setDepths(roots);
  return {
    roots: [...roots.filter((root) => !root.detached), ...roots.filter((root) => root.detached)],
    size: drafts.length,
  };
}

/** Gives each node of a tree once: parents before their children, first child first. Works at any depth. */
export function* walkTree(tree: SpanTree): Generator<SpanNode> {
  const waiting = [...tree.roots].reverse();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i];
      if (child) waiting.push(child);
    }
  }
}

function startOf(span: Span): number {
  return span.timestamp ?? Number.MAX_SAFE_INTEGER;
}

function markSameIds(drafts: readonly Draft[]): void {
  const firstOf = new Map<string, Draft>();
  for (const draft of drafts) {
    const key = `${draft.span.id} ${isServing(draft.span)}`;
    const first = firstOf.get(key);
    if (first) draft.sameIdAs = first;
    else firstOf.set(key, draft);
  }
}

/** Spans by `<id> <group>`. Each list is in the order of start. */
type Index = ReadonlyMap<string, readonly Draft[]>;

function indexById(drafts: readonly Draft[]): Index {
  const index = new Map<string, Draft[]>();
  for (const draft of drafts) {
    for (const group of groupsOf(draft.span)) addTo(index, `${draft.span.id} ${group}`, draft);
  }
  return index;
}

function groupsOf(span: Span): string[] {
  const side = isServing(span) ? 'serving' : 'other';
  const groups = [side, `${side} in ${serviceOf(span)}`, `${side} in ${placeOf(span)}`];
  return span.kind === 'CLIENT' || span.kind === 'PRODUCER' ? [...groups, 'calling'] : groups;
}

function placeOf(span: Span): string {
  return `${serviceOf(span)} at ${addressOf(span)}`;
}

function findParent(draft: Draft, index: Index): Draft | undefined {
  const { span } = draft;
  const { id, parentId } = span;
  const [place, within] = [placeOf(span), serviceOf(span)];
  const groups = [`serving in ${place}`, `serving in ${within}`, `other in ${within}`, 'serving', 'other'];
  const preferred = isServing(span)
    ? [`${id} calling`, `${parentId} serving`, `${parentId} other`]
    : groups.map((group) => `${parentId} ${group}`);
  for (const key of preferred) {
    const found = lastBefore(draft, index.get(key) ?? []);
    if (found) return found;
  }
  return undefined;
}

/** The last candidate that had begun when the span began, otherwise the first; never the span itself. */
function lastBefore(draft: Draft, candidates: readonly Draft[]): Draft | undefined {
  let low = 0;
  let high = candidates.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = candidates[middle];
    if (candidate && startOf(candidate.span) <= startOf(draft.span)) low = middle + 1;
    else high = middle;
  }
  const nearest = [candidates[low - 1], candidates[low - 2], candidates[0], candidates[1]];
  return nearest.find((candidate) => candidate !== undefined && candidate !== draft);
}

function cutCycles(drafts: readonly Draft[]): void {
  const walkOf = new Map<Draft, Draft>();
  for (const start of drafts) {
    let at: Draft | undefined = start;
    while (at && !walkOf.has(at)) {
      walkOf.set(at, start);
      at = at.parent;
    }
    if (at?.parent && walkOf.get(at) === start) {
      at.parent = undefined;
      at.detached = 'cycle';
    }
  }
}

function setDepths(roots: readonly Draft[]): void {
  let level = [...roots];
  for (let depth = 0; level.length > 0; depth++) {
    for (const draft of level) draft.depth = depth;
    level = level.flatMap((draft) => draft.children);
  }
}
