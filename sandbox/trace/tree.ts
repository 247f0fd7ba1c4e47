import { addTo } from './lists.js';
import { mergeParts } from './merge-parts.js';
import type { Span, SpanKind } from './span.js';

/** A span with its place in the tree. `depth` is 0 for a root. */
export interface SpanNode {
  readonly span: Span;
  readonly parent: SpanNode | undefined;
  readonly children: readonly SpanNode[];
  readonly depth: number;
  /** Set on a root that names a parent: the parent is not in the trace, or it is the span's own descendant. */
  readonly detached?: 'missing parent' | 'cycle';
  /** The first span that has this one's id and is on its side of the hop: both serve, or neither does. */
  readonly sameIdAs?: SpanNode;
}

/** The roots that name no parent come first, then the detached ones; each group in the order of their start. */
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

/** The service that recorded a span; the empty string if the span does not say. */
export function serviceOf(span: Span): string {
  return span.localEndpoint?.serviceName ?? '';
}

/** The span's kind; `LOCAL` for work inside a process, which Zipkin stores without kind. */
export function kindOf(span: Span): SpanKind | 'LOCAL' {
  return span.kind ?? 'LOCAL';
}

/** Whether a span is the called side of a hop, rather than the calling one or work inside a process. */
export function isServing({ kind }: Span): boolean {
  return kind === 'SERVER' || kind === 'CONSUMER';
}

/** Stands for the service of a span that does not say. */
export const noService = '(no service)';

/** A span's short name for people: service and kind, as in `cart-app CLIENT`. */
export function labelOf(span: Span): string {
  return `${serviceOf(span) || noService} ${kindOf(span)}`;
}

/** The address of who recorded a span; undefined if the span does not say. */
export function addressOf({ localEndpoint }: Span): string | undefined {
  return localEndpoint?.ipv4 ?? localEndpoint?.ipv6;
}

/** Whether a span is the server's side of the call that its parent is the client's side of. */
export function isAnsweredCall({ span, parent }: SpanNode): boolean {
  return span.kind === 'SERVER' && parent?.span.kind === 'CLIENT';
}

/**
 * Orders the spans of a trace as a tree, parts of one span merged. Follows Zipkin's model: a SERVER that shares its CLIENT's id
 * hangs under that CLIENT; any other span hangs under the span its `parentId` names, and where a CLIENT and a SERVER
 * share that id, under the SERVER, since the call was made while serving. Children are in the order of their start,
 * those without timestamp last. Takes any spans at all, in any order, and never throws.
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

/** Each node of a tree once: parents before their children, first child first. Any depth. */
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

/** Spans by `<id> <group>`; each list in the order of start. */
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

/** The last of the candidates that had begun when the span began, or else the first; never the span itself. */
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
