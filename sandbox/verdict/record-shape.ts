import { Document } from 'yaml';
import { serviceOf } from '../trace/span.js';
import type { SpanNode, SpanTree } from '../trace/tree.js';
import { ShapeError } from './shape.js';

interface RecordedSpan {
  service: string;
  kind: string;
  shared?: true;
  times?: number;
  children?: RecordedSpan[];
}

/** The YAML parser is recursive and fails beyond about 300 levels. */
const mostLevels = 200;

/**
 * Writes the shape of a trace as text for a shape file: services, kinds, shared ids and parents. Names, tags and
 * durations change with each request, so the user may add them. Equal siblings become one with `times`.
 *
 * @throws ShapeError if the trace has no span, more than one root, or more than 200 levels
 */
export function recordShape(tree: SpanTree, name: string): string {
  const [root, second] = tree.roots;
  if (!root) throw new ShapeError(`cannot record ${name}: the trace has no span`);
  if (second) {
    throw new ShapeError(`cannot record ${name}: the trace has ${tree.roots.length} roots; record one that is whole`);
  }
  const { nodes } = tree;
  const levels = nodes.reduce((deepest, { depth }) => Math.max(deepest, depth + 1), 0);
  if (levels > mostLevels) {
    throw new ShapeError(`cannot record ${name}: the trace is ${levels} levels deep; a shape file holds ${mostLevels}`);
  }
  const recorded = new Map<SpanNode, RecordedSpan>();
  for (const node of nodes.toReversed()) recorded.set(node, record(node, recorded));
  const document = new Document({ name, root: recorded.get(root) });
  document.commentBefore = ` Recorded from trace ${root.span.traceId}. Add name, tags, within and times where they matter.`;
  return document.toString({ lineWidth: 0 });
}

function record(node: SpanNode, recorded: ReadonlyMap<SpanNode, RecordedSpan>): RecordedSpan {
  const { span } = node;
  const service = serviceOf(span);
  const children = mergeEqual(node.children.flatMap((child) => recorded.get(child) ?? []));
  return {
    service: /^(\/.+\/)?$/.test(service) ? `/^${service.replace(/[/\\^$.*+?()[\]{}|]/g, '\\$&')}$/` : service,
    kind: span.kind ?? 'LOCAL',
    // The caller decides whether the first span shares its id.
    ...(span.shared && node.parent && { shared: true }),
    ...(children.length > 0 && { children }),
  };
}

function mergeEqual(siblings: RecordedSpan[]): RecordedSpan[] {
  if (siblings.length < 2) return siblings;
  const groups = new Map<string, RecordedSpan>();
  for (const sibling of siblings) {
    const key = JSON.stringify(sibling);
    const { children, ...first } = groups.get(key) ?? sibling;
    const times = groups.has(key) ? { times: (first.times ?? 1) + 1 } : {};
    groups.set(key, { ...first, ...times, ...(children && { children }) });
  }
  return [...groups.values()];
}
