import { isServing, requestIdOf, type Span, serviceOf } from '../trace/span.js';
import type { SpanNode, SpanTree } from '../trace/tree.js';
import type { Finding } from './finding.js';
import { allParts, type ExpectedSpan, type Shape } from './shape.js';
import { serviceOfPattern } from './span-pattern.js';

/** The spans that one of the user's own apps left in a trace, with any tracer. */
export interface OwnAppTrace {
  /** Its name in the shape, for example `cart-app`. */
  readonly app: string;
  /** The part of the shape for its SERVER span. The parts below are its calls. */
  readonly part: ExpectedSpan;
  /** The CLIENT span of its sidecar, which called it; undefined if it is not in the trace. */
  readonly caller: SpanNode | undefined;
  /** Its spans: all from its caller down to the next spans of the mesh. */
  readonly nodes: readonly SpanNode[];
  /** Its SERVER span for the request; undefined if it left none. */
  readonly server: SpanNode | undefined;
  /** Its CLIENT spans for its calls. */
  readonly clients: readonly SpanNode[];
  /** The spans of the mesh in which its calls continued. */
  readonly called: readonly SpanNode[];
  /** Its calls are siblings of its spans, because it forwards the headers unchanged. */
  readonly isBeside: boolean;
}

/** Names under which tracers report if nobody has set a name. */
const unsetName = /^$|^unknown|^opentelemetry service$/i;

/** Finds the spans of the user's own apps; none if the shape has no such app. */
export function readOwnApps(shape: Shape, tree: SpanTree): OwnAppTrace[] {
  const parts = allParts(shape.root);
  const own = parts.filter(({ isOwnApp }) => isOwnApp);
  if (own.length === 0) return [];
  const ownNames = new Set(own.map(serviceOfPattern));
  const mesh = new Set(parts.map(serviceOfPattern).filter((name) => !ownNames.has(name)));
  const isMesh = ({ span }: SpanNode) => mesh.has(serviceOf(span));
  const all = tree.nodes;
  return own.map((part) => {
    const above = parts.find(({ children }) => children.includes(part));
    const sidecar = above && serviceOfPattern(above);
    const caller = all.find(({ span }) => span.kind === 'CLIENT' && serviceOf(span) === sidecar);
    const reached: SpanNode[] = [...(caller?.children ?? [])];
    for (const node of reached) {
      // A call that forwards its caller's id gets the other spans with that parent as children.
      const isTwin = node.span.id === caller?.span.id;
      if (!isMesh(node) || isTwin) reached.push(...node.children.filter((child) => !isMesh(node) || !isMesh(child)));
    }
    const nodes = reached.filter((node) => !isMesh(node));
    const clients = nodes.filter(({ span }) => span.kind === 'CLIENT');
    const calling = clients.filter(({ children }) => children.some(isMesh));
    const called = reached.filter(isMesh);
    const isBeside = called.some(({ parent }) => parent === caller);
    const idle = isBeside ? [] : clients.filter((node) => !calling.includes(node));
    return {
      app: serviceOfPattern(part),
      part,
      caller,
      nodes,
      server: nodes.find(({ span }) => isServing(span)),
      clients: [...calling, ...idle.slice(0, Math.max(0, part.children.length - calling.length))],
      called,
      isBeside,
    };
  });
}

/** A shape that fits what the user's own apps left, and their spans that the shape does not ask for. */
export interface FittedShape {
  readonly shape: Shape;
  readonly passed: ReadonlySet<Span>;
}

/**
 * Adapts the shape to the user's own apps. It asks of them what every tracer must do: their calls belong to the
 * incoming request. The SERVER span may share its caller's id or be its child, with LOCAL spans below. There may be no
 * span.
 *
 * @param elsewhere the apps that are known to have a span in another trace
 */
export function fitOwnApps(shape: Shape, apps: readonly OwnAppTrace[], elsewhere: readonly string[] = []): FittedShape {
  if (apps.length === 0) return { shape, passed: new Set() };
  const passed = apps.flatMap(({ nodes, server, clients, isBeside }) => {
    const asked = isBeside ? [] : [server, ...clients];
    return nodes.filter((node) => !asked.includes(node)).map(({ span }) => span);
  });
  const fit = (part: ExpectedSpan): ExpectedSpan[] => {
    const app = apps.find((each) => each.part === part);
    if (!app) return [{ ...part, children: part.children.flatMap(fit) }];
    const service = nameOf(app);
    const calls = part.children.flatMap((call) => {
      const children = call.children.flatMap(fit);
      return app.clients.length > 0 ? [{ ...call, service, children }] : children;
    });
    const { shared: _, ...server } = part;
    const isAsked = app.server ? !app.isBeside : elsewhere.includes(app.app);
    return isAsked ? [{ ...server, service, children: calls }] : calls;
  };
  const [root = shape.root] = fit(shape.root);
  return { shape: { ...shape, root }, passed: new Set(passed) };
}

/** Whether a span in another trace may come from an app: it has the app's name, or the default name of a tracer. */
export function isNamedFor(app: string, span: Span): boolean {
  return serviceOf(span) === app || unsetName.test(serviceOf(span));
}

/** The name under which the app reports, if somebody has set one. */
export function nameOf({ app, nodes, server }: OwnAppTrace): string {
  const [first] = server ? [server] : nodes;
  const seen = first ? serviceOf(first.span) : '';
  return unsetName.test(seen) ? app : seen;
}

/**
 * Whether a finding is about something that a tracer may leave out. W3C and OpenTelemetry's B3 send no parent id. If an
 * app does not forward `x-request-id`, the next Envoy makes its own. If an app forwards its caller's id, a span may
 * seem to be below the call that it made.
 */
export function isLeftOpen(finding: Finding, apps: readonly OwnAppTrace[], all: readonly Finding[]): boolean {
  if (finding.type === 'unlike-parents') {
    const { span, caller } = finding;
    return span.parentId === undefined && apps.some(({ nodes }) => has(nodes, caller));
  }
  if (finding.type === 'outside-parent') {
    return apps.some(({ nodes, called }) => has(nodes, finding.span) && has(called, finding.parent));
  }
  // If there are more spans than the shape has, this trace really contains other requests.
  const isOneRequest = all.every(({ type }) => type !== 'repeated-span');
  return finding.type === 'mixed-requests' && isOneRequest && apps.some(dropsRequestId);
}

const has = (nodes: readonly SpanNode[], span: Span) => nodes.some((node) => node.span === span);

/** Whether the app does not forward the x-request-id that it got. */
export function dropsRequestId({ caller, called }: OwnAppTrace): boolean {
  const came = caller?.parent && requestIdOf(caller.parent.span);
  return came !== undefined && called.some(({ span }) => (requestIdOf(span) ?? came) !== came);
}
