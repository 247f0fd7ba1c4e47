import { beginsWithin, isServing, type Span, serviceOf } from '../trace/span.js';
import { readB3 } from '../trace/trace-headers.js';
import type { Finding } from '../verdict/finding.js';
import { isNamedFor, type OwnAppTrace } from '../verdict/own-app.js';
import { serviceOfPattern } from '../verdict/span-pattern.js';
import type { Cause } from './cause.js';
import type { Evidence } from './evidence.js';
import { type OpenFindings, spansBelow } from './open-findings.js';
import { nameShortly, shortId } from './wording.js';

/** Explains what is missing after one of the user's own apps: the fault of its tracer or of a setting. */
export function explainOwnApps(inquiry: OpenFindings): void {
  for (const own of inquiry.verdict.ownApps) {
    const findings = findingsAfter(inquiry, own);
    if (findings.length === 0 || !own.caller) continue;
    const { caller } = own;
    const found = lostSpans(inquiry, own) ?? newTrace(inquiry, own, caller.span) ?? ownDecision(inquiry, caller.span);
    if (found) inquiry.conclude(found.cause, own.app, `${own.app} ${found.what}`, findings, found.other);
  }
}

interface AppFault {
  readonly cause: Cause;
  readonly what: string;
  /** A span of the trace in which the request continued. */
  readonly other?: Span;
}

/**
 * Finds what is missing at or below the app's place, and the roots that this causes. Such a call has its own request
 * id.
 */
function findingsAfter(inquiry: OpenFindings, { part }: OwnAppTrace): Finding[] {
  const broken = [...inquiry.open('missing-span'), ...inquiry.open('misplaced-span')].filter(({ hop }) =>
    hop.path.startsWith(part.path),
  );
  if (broken.length === 0) return [];
  const apart = inquiry.verdict.tree.roots.slice(1).flatMap(spansBelow);
  return [...new Set([...broken, ...inquiry.openAbout(apart, 'second-root', 'orphan-span', 'mixed-requests')])];
}

/** Whether a span is of a service that the app calls. */
function isCalledBy({ part }: OwnAppTrace, span: Span): boolean {
  const called = part.children.flatMap(({ children }) => children.map(serviceOfPattern));
  return isServing(span) && called.includes(serviceOf(span));
}

/** Explains a call that continued in this trace, from a span that is missing. */
function lostSpans({ verdict }: OpenFindings, own: OwnAppTrace): AppFault | undefined {
  const root = verdict.tree.roots.slice(1).find(({ span }) => isCalledBy(own, span));
  if (!root) return undefined;
  const missing = own.nodes.length === 0 ? 'none of its spans' : `not its span ${shortId(root.span.id)}`;
  const what = `joined this trace and forwarded its context, but ${missing} came to Zipkin: check the address that its exporter sends to, and that it exports before it ends`;
  return { cause: 'not-reported', what };
}

/** The SERVER spans that began their own traces while the app's caller waited. */
function rootsMeanwhile({ caller }: OwnAppTrace, nearby: Evidence['nearby'] = []): Span[] {
  if (!caller) return [];
  const isRoot = (span: Span) => span.traceId !== caller.span.traceId && span.parentId === undefined;
  return nearby.flat().filter((span) => isRoot(span) && isServing(span) && beginsWithin(span, caller.span));
}

/** @returns the SERVER span with which the app began a trace instead of joining its caller's */
export function beganElsewhere(own: OwnAppTrace, nearby: Evidence['nearby']): Span | undefined {
  return own.server ? undefined : rootsMeanwhile(own, nearby).find((span) => isNamedFor(own.app, span));
}

/** Explains an app, or a server that it called, that began its own trace while its caller waited. */
function newTrace({ evidence }: OpenFindings, own: OwnAppTrace, caller: Span): AppFault | undefined {
  const ignored = beganElsewhere(own, evidence.nearby);
  if (ignored) {
    const what = `did not join the trace that ${serviceOf(caller)} sent: its SERVER span began trace ${shortId(ignored.traceId)}; set a propagator that reads B3 or traceparent`;
    return { cause: 'context-ignored', what, other: ignored };
  }
  const dropped = rootsMeanwhile(own, evidence.nearby).find((span) => isCalledBy(own, span));
  if (!dropped) return undefined;
  const [client] = own.clients;
  const why = client
    ? `sent no context with ${nameShortly(client.span)}: set a propagator that writes B3 or traceparent`
    : own.server
      ? 'made no CLIENT span and sent no context: its HTTP client is not instrumented'
      : 'left no span and forwarded no context';
  return { cause: 'context-dropped', what: `${why}; its call began trace ${shortId(dropped.traceId)}`, other: dropped };
}

/** Explains a context that was forwarded with another sampling decision. */
function ownDecision({ evidence }: OpenFindings, caller: Span): AppFault | undefined {
  const sent = (evidence.headers ?? []).filter(({ at, direction }) => at === serviceOf(caller) && direction === 'out');
  const decisions = sent.map(({ headers }) => readB3(headers).decision);
  if (!decisions.includes('0') || decisions.every((decision) => decision === '0')) return undefined;
  const what =
    "received the sampling decision 1 and sent 0: it has its own sampler; set a sampler that keeps the parent's decision";
  return { cause: 'decision-changed', what };
}
