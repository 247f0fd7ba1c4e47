import { groupBy } from '../trace/lists.js';
import { errorOf, isServing, labelOf, type Span, serviceOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import { type OpenFindings, spansBelow } from './open-findings.js';
import { explainFlags } from './response-flags.js';
import { listOf, moreLikeIt, nameShortly } from './wording.js';

/** Explains failed spans, calls that were retried, and spans that are missing because a call failed. */
export function explainFailures(inquiry: OpenFindings): void {
  explainRetries(inquiry);
  const refusals = inquiry.open('missing-span').flatMap(({ under }) => inquiry.nodeOf(under) ?? []);
  const failures = inquiry.open('failed-span').flatMap(({ span }) => inquiry.nodeOf(span) ?? []);
  const failed = new Set([...failures, ...refusals.filter(isRefusal)]);
  const passedOn = new Set([...failed].flatMap(({ parent }) => parent ?? []));
  const origins = [...failed].filter((node) => !passedOn.has(node));
  const described = origins.map((origin) => ({ origin, ...describeFailure(inquiry, origin, failed) }));
  for (const alike of groupBy(described, ({ origin, said }) => `${labelOf(origin.span)} ${said}`)) {
    const [{ origin, said }] = alike;
    const text = `${nameShortly(origin.span)} ${said}${moreLikeIt(alike)}`;
    const findings = new Set(alike.flatMap((each) => each.findings));
    inquiry.conclude('failed', serviceOf(origin.span), text, [...findings]);
  }
}

function describeFailure(inquiry: OpenFindings, origin: SpanNode, failed: ReadonlySet<SpanNode>) {
  const above: Span[] = [];
  for (let at = origin.parent; at && failed.has(at); at = at.parent) above.push(at.span);
  const findings = [
    ...inquiry.openAbout([origin.span, ...above], 'failed-span'),
    ...inquiry.openAbout(spansBelow(origin), 'missing-span'),
  ];
  const missing = findings.flatMap((finding) => (finding.type === 'missing-span' ? finding.hop.label : []));
  const others = above.map(serviceOf).filter((other) => other !== serviceOf(origin.span));
  const reached = missing.length > 0 ? `; it did not reach ${listOf(missing)}` : '';
  const passing = others.length > 0 ? `; ${listOf(others.reverse())} passed the error on` : '';
  return { said: `failed: ${reasonOf(origin)}${reached}${passing}`, findings };
}

/** Whether a server answered with an error and called no other server. Envoy gives a span with a 4xx no `error` tag. */
function isRefusal({ span, children }: SpanNode): boolean {
  return isServing(span) && children.length === 0 && Number(span.tags?.['http.status_code']) >= 400;
}

function explainRetries(inquiry: OpenFindings): void {
  const suspicious = [...inquiry.open('repeated-span'), ...inquiry.open('failed-span')];
  const callers = new Set(suspicious.flatMap(({ span }) => inquiry.nodeOf(span)?.parent ?? []));
  for (const attempts of [...callers].flatMap(retriesOf)) {
    const [first] = attempts;
    const spans = attempts.map(({ span }) => span);
    const findings = [
      ...inquiry.openAbout(spans, 'repeated-span'),
      ...inquiry.openAbout(attempts.slice(0, -1).flatMap(spansBelow), 'failed-span', 'missing-span'),
    ];
    if (!first || findings.length === 0) continue;
    const hop = serviceOf(first.span);
    const answer = attempts.flatMap(({ children }) => children)[0]?.span;
    const called = answer ? serviceOf(answer) : calledBy(first.span);
    const outcomes = spans.map(({ tags }) => tags?.['http.status_code'] ?? (tags?.error ? 'error' : 'ok'));
    const failure = deepestFailure(first);
    const why = failure ? `; the first failed at ${nameShortly(failure.span)}: ${reasonOf(failure)}` : '';
    const text = `${hop} tried ${called} ${attempts.length} times: ${outcomes.join(', ')}${why}`;
    inquiry.conclude('retried', hop, text, findings);
  }
}

function calledBy({ tags, remoteEndpoint }: Span): string {
  return tags?.upstream_cluster ?? remoteEndpoint?.serviceName ?? 'its upstream';
}

/** The calls of one span to one server that were retried. Each began when the one before had failed. */
function retriesOf({ children }: SpanNode): SpanNode[][] {
  const keyOf = ({ span }: SpanNode) => {
    const path = span.tags?.['http.path'] ?? span.tags?.['http.url'];
    return JSON.stringify([labelOf(span), span.name, calledBy(span), path]);
  };
  const alike = groupBy(
    children.filter(({ span }) => !isServing(span)),
    keyOf,
  );
  return alike.flatMap((calls) => {
    const firsts = calls.flatMap(({ span }, i) => (isRetryOf(span, calls[i - 1]?.span) ? [] : i));
    return firsts.map((first, i) => calls.slice(first, firsts[i + 1])).filter(({ length }) => length > 1);
  });
}

function isRetryOf({ timestamp = 0, tags }: Span, last: Span | undefined): boolean {
  if (!last || timestamp < (last.timestamp ?? 0) + (last.duration ?? 0)) return false;
  return errorOf(last) !== undefined || tags?.['retry.count'] !== undefined;
}

function deepestFailure(attempt: SpanNode): SpanNode | undefined {
  let deepest = attempt.span.tags?.error === undefined ? undefined : attempt;
  for (let at = deepest; at; at = at.children.find(({ span }) => span.tags?.error !== undefined)) deepest = at;
  return deepest;
}

function reasonOf({ span: { tags } }: SpanNode): string {
  const status = tags?.['http.status_code'];
  const flags = explainFlags(tags?.response_flags);
  const error = tags?.error === 'true' || tags?.error === status ? undefined : tags?.error;
  const parts = [
    status && `status ${status}`,
    flags && `${flags} (${tags?.response_flags})`,
    error && `error ${error}`,
  ];
  return parts.filter(Boolean).join(', ') || 'the span gives no reason';
}
