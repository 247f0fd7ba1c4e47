import { groupBy } from '../trace/lists.js';
import { addressOf, errorOf, isServing, labelOf, type Span, serviceOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import type { Finding } from '../verdict/finding.js';
import type { Cause } from './cause.js';
import { type OpenFindings, spansBelow } from './open-findings.js';
import { listOf, nameShortly, shortId } from './wording.js';

/**
 * Explains several callers, or several servers, with one span id.
 *
 * @param consequences findings that say nothing more then
 */
export function explainReusedIds(inquiry: OpenFindings, consequences: readonly Finding['type'][]): void {
  const reused = inquiry.open('reused-id').flatMap(({ span }) => inquiry.nodeOf(span) ?? []);
  for (const others of groupBy(reused, ({ sameIdAs }) => sameIdAs)) {
    const first = others[0].sameIdAs;
    if (!first) continue;
    const nodes = [first, ...others];
    // A server that joins a call with a wrong id gets the wrong id too.
    const joined = nodes.flatMap(({ span, children }) => children.filter((child) => child.span.id === span.id));
    const spans = [...nodes, ...joined].map(({ span }) => span);
    const findings = inquiry.openAbout(spans, ...consequences, 'repeated-span', 'unexpected-span');
    if (!findings.some(({ type }) => type === 'reused-id')) continue;
    if (!others.every((other) => isSameCall(first, other))) {
      const { span, parent } = others[0];
      const which = parent?.span.id === span.id ? "its parent's" : 'a';
      const [address, own] = [addressOf(first.span), addressOf(span)];
      const where = address === own ? '' : ` (${address}; ${own})`;
      const text = `${serviceOf(span)} reused ${which} span id: ${nameShortly(span)} has the id of ${labelOf(first.span)}${where}`;
      inquiry.conclude('span-id-reused', serviceOf(span), text, findings);
    } else if (others.every((other) => isServedTwice(first.span, other.span))) {
      const hop = serviceOf(first.span);
      const text = `${hop} has two SERVER spans of one request, one within the other, with the same id ${shortId(first.span.id)}: two parts of it are instrumented; switch one off`;
      inquiry.conclude('instrumented-twice', hop, text, findings);
    } else {
      const [earliest = first, ...later] = nodes.sort((a, b) => startOf(a.span) - startOf(b.span));
      const earlier = [earliest, ...later].slice(0, -1);
      const failed = inquiry.openAbout(earlier.flatMap(spansBelow), 'failed-span');
      const { cause, hop, text } = sentAgain(
        earliest,
        later.map(({ span }) => span),
      );
      inquiry.conclude(cause, hop, text, [...findings, ...failed]);
    }
  }
}

/** Whether two spans with one id belong to one call: as answers to one client, or as attempts of one client. */
function isSameCall(first: SpanNode, other: SpanNode): boolean {
  if (first.parent !== other.parent) return false;
  return isServing(first.span) || (labelOf(first.span) === labelOf(other.span) && first.span.name === other.span.name);
}

/** Whether one process served one request in two spans, the second inside the first. */
function isServedTwice(outer: Span, inner: Span): boolean {
  const isOnePlace = serviceOf(inner) === serviceOf(outer) && addressOf(inner) === addressOf(outer);
  return isServing(outer) && isOnePlace && startOf(inner) >= startOf(outer) && endOf(inner) <= endOf(outer);
}

const startOf = ({ timestamp }: Span) => timestamp ?? 0;
const endOf = (span: Span) => startOf(span) + (span.duration ?? 0);

function sentAgain(
  { span: first, parent }: SpanNode,
  later: readonly Span[],
): { cause: Cause; hop: string; text: string } {
  const calls = [first, ...later];
  const caller = isServing(first) ? parent?.span : first;
  const hop = serviceOf(caller ?? first);
  const sent = `${caller ? hop : `the caller of ${hop}`} sent span id ${shortId(first.id)} ${calls.length} times`;
  const places = listOf(calls.map(outcomeOf));
  const isOver = caller?.duration !== undefined && later.some((call) => startOf(call) > endOf(caller) + 1000);
  if (isOver && caller !== first) {
    const text = `${sent}, also after its call had ended, so it kept the context after the request: ${places}`;
    return { cause: 'stale-context', hop, text };
  }
  if (calls.slice(0, -1).every(hasFailed)) {
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
