import type { Span } from '../trace/span.js';
import { type SpanNode, serviceOf } from '../trace/tree.js';
import type { Finding } from '../verdict/finding.js';
import { listOf, nameShortly, type OpenFindings, spansBelow } from './open-findings.js';
import { explainFlags } from './response-flags.js';

/** Explains failed spans, calls that were tried again, and what is missing because a call failed. */
export function explainFailures(inquiry: OpenFindings): void {
  explainRetries(inquiry);
  const failed = new Set(inquiry.open('failed-span').flatMap(({ span }) => inquiry.nodeOf(span) ?? []));
  const passedOn = new Set([...failed].flatMap(({ parent }) => parent ?? []));
  for (const origin of failed) {
    if (passedOn.has(origin)) continue;
    const above: Span[] = [];
    for (let at = origin.parent; at && failed.has(at); at = at.parent) above.push(at.span);
    const findings = [
      ...inquiry.openAbout([origin.span, ...above], 'failed-span'),
      ...inquiry.openAbout(spansBelow(origin), 'missing-span'),
    ];
    const service = serviceOf(origin.span);
    const others = above.map(serviceOf).filter((other) => other !== service);
    const passing = others.length > 0 ? `; ${listOf(others.reverse())} passed it on` : '';
    const text = `${nameShortly(origin.span)} failed: ${reasonOf(origin)}${neverReached(findings)}${passing}`;
    inquiry.conclude({ cause: 'failed', hop: service, text, findings });
  }
}

function explainRetries(inquiry: OpenFindings): void {
  for (const finding of inquiry.open('repeated-span')) {
    const tried = inquiry.nodeOf(finding.span);
    if (!tried || !inquiry.isOpen(finding)) continue;
    const attempts = inquiry.spansOf(inquiry.part(finding.hop.path)).filter(({ parent }) => parent === tried.parent);
    if (!attempts.some(({ span: { tags } }) => tags?.error !== undefined || tags?.['retry.count'] !== undefined))
      continue;
    const inOrder = [...attempts].sort((a, b) => (a.span.timestamp ?? 0) - (b.span.timestamp ?? 0));
    const findings = [
      ...inquiry.openAbout(
        attempts.map(({ span }) => span),
        'repeated-span',
      ),
      ...inquiry.openAbout(inOrder.slice(0, -1).flatMap(spansBelow), 'failed-span', 'missing-span'),
    ];
    const service = serviceOf(tried.span);
    const [answer] = tried.children;
    const called = answer ? serviceOf(answer.span) : (tried.span.tags?.upstream_cluster ?? 'its upstream');
    const outcomes = inOrder.map(({ span: { tags } }) => tags?.['http.status_code'] ?? (tags?.error ? 'error' : 'ok'));
    const first = deepestFailure(inOrder[0]);
    const why = first ? `; the first failed at ${nameShortly(first.span)}: ${reasonOf(first)}` : '';
    const text = `${service} tried ${called} ${attempts.length} times: ${outcomes.join(', ')}${why}`;
    inquiry.conclude({ cause: 'retried', hop: service, text, findings });
  }
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
  return parts.filter(Boolean).join(', ') || 'it says no more';
}

function neverReached(findings: readonly Finding[]): string {
  const missing = findings.flatMap((finding) => (finding.type === 'missing-span' ? [finding.hop.label] : []));
  return missing.length > 0 ? `; it did not reach ${listOf(missing)}` : '';
}
