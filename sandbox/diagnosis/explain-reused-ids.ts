import { addTo } from '../trace/lists.js';
import { addressOf, errorOf, isServing, labelOf, type Span, serviceOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import type { Finding } from '../verdict/finding.js';
import type { Diagnosis } from './cause.js';
import { listOf, nameShortly, type OpenFindings, shortId, spansBelow } from './open-findings.js';

/** Findings that say nothing more once it is known why several spans have one id. */
const consequences: readonly Finding['type'][] = [
  ...(['reused-id', 'repeated-span', 'unexpected-span', 'unlike-parents', 'outside-parent'] as const),
  ...(['misplaced-span', 'orphan-span', 'second-root'] as const),
];

/** Explains several callers, or several servers, with one span id. */
export function explainReusedIds(inquiry: OpenFindings): void {
  const groups = new Map<SpanNode, SpanNode[]>();
  for (const { span } of inquiry.open('reused-id')) {
    const node = inquiry.nodeOf(span);
    if (node?.sameIdAs) addTo(groups, node.sameIdAs, node);
  }
  for (const [first, others] of groups) {
    const nodes = [first, ...others];
    const spans = nodes.map(({ span }) => span);
    // A server that joins a call with a wrong id gets the wrong id too.
    const joined = nodes.flatMap(({ span, children }) => children.filter((child) => child.span.id === span.id));
    const findings = inquiry.openAbout([...spans, ...joined.map(({ span }) => span)], ...consequences);
    if (!findings.some(({ type }) => type === 'reused-id')) continue;
    if (!others.every((other) => isSameCall(first, other))) inquiry.conclude({ ...idOfAnother(nodes), findings });
    else if (isServedTwice(spans)) inquiry.conclude({ ...servedTwice(first), findings });
    else {
      const inOrder = [...nodes].sort((a, b) => startOf(a.span) - startOf(b.span));
      const failed = inquiry.openAbout(inOrder.slice(0, -1).flatMap(spansBelow), 'failed-span');
      inquiry.conclude({ ...sentAgain(inOrder), findings: [...findings, ...failed] });
    }
  }
}

type Explanation = Omit<Diagnosis, 'findings'>;

/** Whether two spans with one id belong to one call: as answers to one client, or as attempts of one client. */
function isSameCall(first: SpanNode, other: SpanNode): boolean {
  if (first.parent !== other.parent) return false;
  return isServing(first.span) || (labelOf(first.span) === labelOf(other.span) && first.span.name === other.span.name);
}

/** Whether one process served one request in spans that lie inside each other. */
function isServedTwice([first, ...others]: readonly Span[]): boolean {
  if (!first || !isServing(first)) return false;
  const isSamePlace = (other: Span) =>
    serviceOf(other) === serviceOf(first) && addressOf(other) === addressOf(first) && contains(first, other);
  return others.every(isSamePlace);
}

const noSpan: Span = { traceId: '', id: '' };

const startOf = ({ timestamp }: Span) => timestamp ?? 0;
const endOf = (span: Span) => startOf(span) + (span.duration ?? 0);
const contains = (outer: Span, inner: Span) => startOf(inner) >= startOf(outer) && endOf(inner) <= endOf(outer);

function servedTwice({ span }: SpanNode): Explanation {
  const hop = serviceOf(span);
  const text = `${hop} has two SERVER spans of one request, one within the other, with the same id ${shortId(span.id)}: two parts of it are instrumented; switch one off`;
  return { cause: 'instrumented-twice', hop, text };
}

function sentAgain(nodes: readonly SpanNode[]): Explanation {
  const [first] = nodes;
  const calls = nodes.map(({ span }) => span);
  const caller = first && isServing(first.span) ? first.parent?.span : first?.span;
  const hop = serviceOf(caller ?? calls[0] ?? noSpan);
  const sent = `${caller ? hop : `the caller of ${hop}`} sent span id ${shortId(calls[0]?.id ?? '')} ${calls.length} times`;
  const places = listOf(calls.map(outcomeOf));
  const isOver = caller?.duration !== undefined && calls.slice(1).some((call) => startOf(call) > endOf(caller) + 1000);
  if (isOver && caller !== calls[0]) {
    return {
      cause: 'stale-context',
      hop,
      text: `${sent}, also after its call had ended, so it kept the context after the request: ${places}`,
    };
  }
  const isRetry = calls.slice(0, -1).every(hasFailed);
  if (isRetry) {
    const text = `${sent}, a retry that kept its span id: ${places}. Give each attempt its own span id`;
    return { cause: 'retry-kept-id', hop, text };
  }
  const text = `${sent}, and no earlier one failed: a copy (broadcast, mirrored or hedged), or a retry after an error that was not reported: ${places}`;
  return { cause: 'call-copied', hop, text };
}

function hasFailed(span: Span): boolean {
  return errorOf(span) !== undefined || Number(span.tags?.['http.status_code']) >= 500;
}

function outcomeOf(span: Span): string {
  const { remoteEndpoint: remote } = span;
  const address = isServing(span) ? addressOf(span) : (remote?.ipv4 ?? remote?.ipv6);
  const where = isServing(span) ? serviceOf(span) || 'a server' : (remote?.serviceName ?? 'its server');
  const status = span.tags?.['http.status_code'] ?? errorOf(span) ?? 'no error';
  return `${where} at ${address ?? 'an address that it does not report'} (${status})`;
}

function idOfAnother([first, ...others]: readonly SpanNode[]): Explanation {
  const [node] = others;
  const span = node?.span ?? first?.span ?? noSpan;
  const hop = serviceOf(span);
  const which = node?.parent?.span.id === span.id ? "its parent's" : 'a';
  const where =
    first && addressOf(first.span) !== addressOf(span) ? ` (${addressOf(first.span)}; ${addressOf(span)})` : '';
  const text = `${hop} reused ${which} span id: ${nameShortly(span)} has the id of ${first ? labelOf(first.span) : ''}${where}`;
  return { cause: 'span-id-reused', hop, text };
}
