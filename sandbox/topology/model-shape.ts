import { countExpected, type ExpectedSpan, type Shape } from '../verdict/shape.js';
import type { Model } from './model.js';
import { type Hop, wayOf } from './request-way.js';

/** The spans of a request for a path, or why they are not known beforehand. */
export type ModelShape =
  | { readonly shape: Shape; readonly why?: never }
  | { readonly shape: undefined; readonly why: string };

/**
 * Computes exactly which spans a traced GET request leaves. Each listener of an Envoy and each app makes a SERVER span,
 * which shares the id of its caller's CLIENT span, and a CLIENT span for each call. A listener without a tracer makes
 * none.
 */
export function shapeOf(model: Model, path: string): ModelShape {
  const way = wayOf(model, path);
  if (!way.hop) return { shape: undefined, why: way.why };
  const [root] = spansOf(way.hop, undefined, 'root');
  if (!root) return { shape: undefined, why: `no hop of ${path} leaves spans` };
  return { shape: { name: `GET ${path}`, root, forbidden: [], others: 'forbidden' } };
}

/** @returns how many spans a traced GET request leaves; undefined if that is not known, as with one of the user's own apps */
export function exactSpanCount(model: Model, path: string): number | undefined {
  const { shape } = shapeOf(model, path);
  return shape && !model.services.some(({ app }) => app?.isOwn) ? countExpected(shape) : undefined;
}

const once = { min: 1, max: 1 };

/** @param caller the CLIENT span above; undefined at the front proxy, where the request may carry a context or none */
function spansOf(hop: Hop, caller: 'CLIENT' | undefined, path: string): ExpectedSpan[] {
  const { reporter, listener, calls } = hop;
  if (listener && !listener.tracer) {
    return calls.flatMap(({ to }) => (to ? spansOf(to, caller, path) : []));
  }
  const rest = { service: reporter.name, tags: {}, times: once };
  const clients = calls.map(({ to }, index): ExpectedSpan => {
    const place = `${path}.children[${index}]`;
    return {
      ...rest,
      kind: 'CLIENT',
      path: place,
      children: to ? spansOf(to, 'CLIENT', `${place}.children[0]`) : [],
    };
  });
  const shared = listener?.tracer?.sharesIds ?? true;
  const own = hop.app?.isOwn && { isOwnApp: true as const };
  return [{ ...rest, kind: 'SERVER', path, children: clients, ...(caller && { shared }), ...own }];
}
