import { addTo } from './lists.js';
import { mergeParts } from './merge-parts.js';
import { addressOf, isServing, requestIdOf, type Span, serviceOf } from './span.js';

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

export interface SpanTree {
  /** The roots without a parent id come first, then the detached ones. Each group is in the order of start. */
  readonly roots: readonly SpanNode[];
  /** All nodes: parents before their children, first child first. */
  readonly nodes: readonly SpanNode[];
  /** The first x-request-id that a span carries. */
  readonly requestId: string | undefined;
}

interface Draft extends Mutable<Omit<SpanNode, 'parent' | 'children'>> {
  parent: Draft | undefined;
  children: Draft[];
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

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
  const index = indexById(drafts);
  for (const draft of drafts) {
    draft.parent = findParent(draft, index);
    const { id, parentId } = draft.span;
    const first = index.get(`${id} ${sideOf(draft.span)}`)?.[0];
    if (first && first !== draft) draft.sameIdAs = first;
    if (draft.parent === undefined && parentId !== undefined) {
      draft.detached = parentId === id ? 'cycle' : 'missing parent';
    }
  }
  cutCycles(drafts);
  for (const draft of drafts) draft.parent?.children.push(draft);
  const tops = drafts.filter((draft) => draft.parent === undefined);
  const roots = [...tops.filter((root) => !root.detached), ...tops.filter((root) => root.detached)];
  const nodes = withDescendants(roots);
  for (const node of nodes) node.depth = node.parent ? node.parent.depth + 1 : 0;
  return { roots, nodes, requestId: nodes.map(({ span }) => requestIdOf(span)).find((id) => id !== undefined) };
}

/** Gives some nodes and all below them: parents before their children, first child first. Works at any depth. */
export function withDescendants<Node extends { readonly children: readonly Node[] }>(tops: readonly Node[]): Node[] {
  const found: Node[] = [];
  const waiting = tops.toReversed();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    found.push(node);
    for (const child of node.children.toReversed()) waiting.push(child);
  }
  return found;
}

function startOf(span: Span): number {
  return span.timestamp ?? Number.MAX_SAFE_INTEGER;
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

const sideOf = (span: Span) => (isServing(span) ? 'serving' : 'other');

function groupsOf(span: Span): string[] {
  const side = sideOf(span);
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
