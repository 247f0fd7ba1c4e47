import { addTo } from '../trace/lists.js';
import { errorOf, isServing, labelOf, type Span, serviceOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import type { Finding } from '../verdict/finding.js';
import { listOf, moreLikeIt, nameShortly, type OpenFindings, spansBelow } from './open-findings.js';
import { explainFlags } from './response-flags.js';

/** Explains failed spans, calls that were retried, and spans that are missing because a call failed. */
export function explainFailures(inquiry: OpenFindings): void {
  explainRetries(inquiry);
  const refusals = inquiry.open('missing-span').flatMap(({ under }) => inquiry.nodeOf(under) ?? []);
  const failures = inquiry.open('failed-span').flatMap(({ span }) => inquiry.nodeOf(span) ?? []);
  const failed = new Set([...failures, ...refusals.filter(isRefusal)]);
  const passedOn = new Set([...failed].flatMap(({ parent }) => parent ?? []));
  const alike = new Map<
    string,
    { readonly text: string; readonly origins: SpanNode[]; readonly findings: Finding[] }
  >();
  for (const origin of failed) {
    if (passedOn.has(origin)) continue;
    const above: Span[] = [];
    for (let at = origin.parent; at && failed.has(at); at = at.parent) above.push(at.span);
    const findings = [
      ...inquiry.openAbout([origin.span, ...above], 'failed-span'),
      ...inquiry.openAbout(spansBelow(origin), 'missing-span'),
    ];
    const others = above.map(serviceOf).filter((other) => other !== serviceOf(origin.span));
    const passing = others.length > 0 ? `; ${listOf(others.reverse())} passed the error on` : '';
    const said = `failed: ${reasonOf(origin)}${neverReached(findings)}${passing}`;
    const key = `${labelOf(origin.span)} ${said}`;
    const group = alike.get(key) ?? { text: `${nameShortly(origin.span)} ${said}`, origins: [], findings: [] };
    group.origins.push(origin);
    group.findings.push(...findings);
    alike.set(key, group);
  }
  for (const { text, origins, findings } of alike.values()) {
    const hop = serviceOf(origins[0]?.span ?? { traceId: '', id: '' });
    inquiry.conclude({
      cause: 'failed',
      hop,
      text: `${text}${moreLikeIt(origins.length)}`,
      findings: [...new Set(findings)],
    });
  }
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
    if (!first) continue;
    const spans = attempts.map(({ span }) => span);
    const findings = [
      ...inquiry.openAbout(spans, 'repeated-span'),
      ...inquiry.openAbout(attempts.slice(0, -1).flatMap(spansBelow), 'failed-span', 'missing-span'),
    ];
    if (findings.length === 0) continue;
    const hop = serviceOf(first.span);
    const answer = attempts.flatMap(({ children }) => children)[0]?.span;
    const called = answer ? serviceOf(answer) : calledBy(first.span);
    const outcomes = spans.map(({ tags }) => tags?.['http.status_code'] ?? (tags?.error ? 'error' : 'ok'));
    const failure = deepestFailure(first);
    const why = failure ? `; the first failed at ${nameShortly(failure.span)}: ${reasonOf(failure)}` : '';
    const text = `${hop} tried ${called} ${attempts.length} times: ${outcomes.join(', ')}${why}`;
    inquiry.conclude({ cause: 'retried', hop, text, findings });
  }
}

function calledBy({ tags, remoteEndpoint }: Span): string {
  return tags?.upstream_cluster ?? remoteEndpoint?.serviceName ?? 'its upstream';
}

/** The calls of one span to one server that were retried. Each began when the one before had failed. */
function retriesOf({ children }: SpanNode): SpanNode[][] {
  const chains = new Map<string, SpanNode[][]>();
  for (const node of children) {
    const { span } = node;
    if (isServing(span)) continue;
    const path = span.tags?.['http.path'] ?? span.tags?.['http.url'];
    const key = JSON.stringify([labelOf(span), span.name, calledBy(span), path]);
    const chain = chains.get(key)?.at(-1);
    const last = chain?.at(-1)?.span;
    const isAfter = last && (span.timestamp ?? 0) >= (last.timestamp ?? 0) + (last.duration ?? 0);
    if (isAfter && (errorOf(last) !== undefined || span.tags?.['retry.count'] !== undefined)) chain?.push(node);
    else addTo(chains, key, [node]);
  }
  return [...chains.values()].flat().filter(({ length }) => length > 1);
}

function deepestFailure(attempt: SpanNode | undefined): SpanNode | undefined {
  let deepest = attempt?.span.tags?.error === undefined ? undefined : attempt;
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

function neverReached(findings: readonly Finding[]): string {
  const missing = findings.flatMap((finding) => (finding.type === 'missing-span' ? [finding.hop.label] : []));
  return missing.length > 0 ? `; it did not reach ${listOf(missing)}` : '';
}
