import { isServing, type Span, serviceOf } from '../trace/span.js';
import { readB3 } from '../trace/trace-headers.js';
import type { Finding } from '../verdict/finding.js';
import { isNamedFor, type OwnAppTrace } from '../verdict/own-app.js';
import { serviceOfPattern } from '../verdict/span-pattern.js';
import type { Diagnosis } from './cause.js';
import { type Evidence, isWithin } from './evidence.js';
import { nameShortly, type OpenFindings, shortId, spansBelow } from './open-findings.js';

/** Explains what is missing after one of the user's own apps: the fault of its tracer or of a setting. */
export function explainOwnApps(inquiry: OpenFindings): void {
  for (const app of inquiry.verdict.ownApps) {
    const findings = findingsAfter(inquiry, app);
    if (findings.length === 0 || !app.caller) continue;
    const found = lostSpans(inquiry, app) ?? newTrace(inquiry, app, app.caller.span) ?? ownDecision(inquiry, app);
    if (found) inquiry.conclude({ hop: app.app, findings, ...found });
  }
}

type Explanation = Pick<Diagnosis, 'cause' | 'text' | 'otherTraceId'>;

/**
 * Finds what is missing at or below the app's place, and the roots that this causes. Such a call has its own request
 * id.
 */
function findingsAfter(inquiry: OpenFindings, { part }: OwnAppTrace): Finding[] {
  const isBelow = (finding: Finding) => 'hop' in finding && finding.hop.path.startsWith(part.path);
  const broken = [...inquiry.open('missing-span'), ...inquiry.open('misplaced-span')].filter(isBelow);
  if (broken.length === 0) return [];
  const apart = inquiry.verdict.tree.roots.slice(1).flatMap(spansBelow);
  return [...new Set([...broken, ...inquiry.openAbout(apart, 'second-root', 'orphan-span', 'mixed-requests')])];
}

/** Explains a call that continued in this trace, from a span that is missing. */
function lostSpans({ verdict }: OpenFindings, { app, nodes, part }: OwnAppTrace): Explanation | undefined {
  const called = part.children.flatMap(({ children }) => children.map(serviceOfPattern));
  const [root] = verdict.tree.roots.slice(1).filter(({ span }) => isServing(span) && called.includes(serviceOf(span)));
  if (!root) return undefined;
  const missing = nodes.length === 0 ? 'none of its spans' : `not its span ${shortId(root.span.id)}`;
  const text = `${app} joined this trace and forwarded its context, but ${missing} came to Zipkin: check the address that its exporter sends to, and that it exports before it ends`;
  return { cause: 'not-reported', text };
}

/** The SERVER spans that began their own traces while the app's caller waited. */
function rootsMeanwhile({ caller }: OwnAppTrace, nearby: Evidence['nearby'] = []): Span[] {
  if (!caller) return [];
  const { traceId } = caller.span;
  return nearby
    .flat()
    .filter((span) => span.traceId !== traceId && span.parentId === undefined && isWithin(span, caller.span))
    .filter(isServing);
}

/** @returns the SERVER span with which the app began a trace instead of joining its caller's */
export function beganElsewhere(own: OwnAppTrace, nearby: Evidence['nearby']): Span | undefined {
  return own.server ? undefined : rootsMeanwhile(own, nearby).find((span) => isNamedFor(own.app, span));
}

/** Explains an app, or a server that it called, that began its own trace while its caller waited. */
function newTrace({ evidence }: OpenFindings, own: OwnAppTrace, caller: Span): Explanation | undefined {
  const { app, part, server, clients } = own;
  const ignored = beganElsewhere(own, evidence.nearby);
  if (ignored) {
    const text = `${app} did not join the trace that ${serviceOf(caller)} sent: its SERVER span began trace ${shortId(ignored.traceId)}; set a propagator that reads B3 or traceparent`;
    return { cause: 'context-ignored', text, otherTraceId: ignored.traceId };
  }
  const called = part.children.flatMap(({ children }) => children.map(serviceOfPattern));
  const dropped = rootsMeanwhile(own, evidence.nearby).find((span) => called.includes(serviceOf(span)));
  if (!dropped) return undefined;
  const [client] = clients;
  const why = client
    ? `sent no context with ${nameShortly(client.span)}: set a propagator that writes B3 or traceparent`
    : server
      ? 'made no CLIENT span and sent no context: its HTTP client is not instrumented'
      : 'left no span and forwarded no context';
  const text = `${app} ${why}; its call began trace ${shortId(dropped.traceId)}`;
  return { cause: 'context-dropped', text, otherTraceId: dropped.traceId };
}

/** Explains a context that was forwarded with another sampling decision. */
function ownDecision({ evidence }: OpenFindings, { app, caller }: OwnAppTrace): Explanation | undefined {
  const sidecar = caller && serviceOf(caller.span);
  const sent = (evidence.headers ?? []).filter(({ at, direction }) => at === sidecar && direction === 'out');
  const decisions = sent.map(({ headers }) => readB3(headers).decision);
  if (!decisions.includes('0') || decisions.every((decision) => decision === '0')) return undefined;
  const text = `${app} received the sampling decision 1 and sent 0: it has its own sampler; set a sampler that keeps the parent's decision`;
  return { cause: 'decision-changed', text };
}
