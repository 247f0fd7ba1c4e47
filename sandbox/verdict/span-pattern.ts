import { kindOf, noService, type Span, serviceOf } from '../trace/span.js';
import type { SpanNode } from '../trace/tree.js';
import type { Hop, ShapeFinding } from './finding.js';
import type { ExpectedSpan, Pattern, SpanPattern } from './shape.js';

/** The name of a part of a shape for people, for example `cart-app CLIENT`. */
export function labelOfPattern(pattern: SpanPattern): string {
  return pattern.kind ? `${serviceOfPattern(pattern)} ${pattern.kind}` : serviceOfPattern(pattern);
}

/** The service of a part of a shape, as the shape file writes it. */
export function serviceOfPattern({ service }: SpanPattern): string {
  return showPattern(service);
}

/** The label of all spans that match, if the shape gives service and kind literally. */
export function literalLabel({ service, kind }: SpanPattern): string | undefined {
  return typeof service === 'string' && kind !== undefined ? `${service} ${kind}` : undefined;
}

/** A part of a shape, as a finding refers to it. */
export function hopOf(pattern: SpanPattern): Hop {
  return { label: labelOfPattern(pattern), path: pattern.path };
}

/** Whether a span has the service and kind of the pattern. */
export function isSameHop(pattern: SpanPattern, { span }: SpanNode): boolean {
  return hasService(pattern, span) && hasKind(pattern, span);
}

export function hasService({ service }: SpanPattern, span: Span): boolean {
  return matches(service, serviceOf(span));
}

export function hasKind({ kind }: SpanPattern, span: Span): boolean {
  return kind === undefined || kind === kindOf(span);
}

/** Whether a span matches the whole pattern. Its children are not checked. */
export function fitsAlone(pattern: SpanPattern, node: SpanNode): boolean {
  return isSameHop(pattern, node) && differences(pattern, node.span).length === 0;
}

/** How many levels, and how many children of each span, are compared to tell equal siblings apart. */
const levelsCompared = 4;
const childrenCompared = 50;

/** Whether a span and some levels below it match the shape exactly. */
export function fitsDownwards(expected: ExpectedSpan, node: SpanNode, levels = levelsCompared): boolean {
  if (!fitsAlone(expected, node)) return false;
  if (levels === 0) return true;
  const fits = (child: ExpectedSpan, one: SpanNode) => fitsDownwards(child, one, levels - 1);
  const parts = expected.children.slice(0, childrenCompared);
  const children = node.children.slice(0, childrenCompared);
  return (
    parts.every((child) => child.times.min === 0 || children.some((one) => fits(child, one))) &&
    children.every((one) => parts.some((child) => fits(child, one)))
  );
}

/** How many spans have the service and kind that the shape has there: of the given span and some levels below it. */
export function likenessOf(expected: ExpectedSpan, node: SpanNode): number {
  return isSameHop(expected, node) ? 1 + likenessBelow(expected, node, levelsCompared) : 0;
}

/** Like `likenessOf`, for a span that reports another service name or kind than the shape has. */
export function likenessIfRenamed(expected: ExpectedSpan, node: SpanNode): number {
  const hasOnlyOne = hasService(expected, node.span) !== hasKind(expected, node.span);
  const alias = { of: expected.service, as: serviceOf(node.span) };
  return hasOnlyOne ? 1 + likenessBelow(expected, node, levelsCompared, alias) : 0;
}

interface Alias {
  readonly of: Pattern;
  readonly as: string;
}

function likenessBelow(expected: ExpectedSpan, node: SpanNode, levels: number, alias?: Alias): number {
  if (levels === 0) return 0;
  const likeness = (child: ExpectedSpan, one: SpanNode): number => {
    const isAlias = alias?.of === child.service && alias.as === serviceOf(one.span);
    if (!hasKind(child, one.span) || !(isAlias || hasService(child, one.span))) return 0;
    return 1 + likenessBelow(child, one, levels - 1, alias);
  };
  const children = expected.children.slice(0, childrenCompared);
  return node.children
    .slice(0, childrenCompared)
    .reduce((sum, one) => sum + children.reduce((best, child) => Math.max(best, likeness(child, one)), 0), 0);
}

/** The fields in which a span differs from the pattern. */
export function differences(pattern: SpanPattern, span: Span): ShapeFinding[] {
  const findings: ShapeFinding[] = [];
  const compare = (field: string, expected: Pattern | null | undefined, seen: string | undefined) => {
    const agrees = seen === undefined ? expected === null : expected !== null && matches(expected ?? seen, seen);
    if (expected === undefined || agrees) return;
    const shown = field === 'service' ? seen || noService : seen;
    const texts = { expected: expected === null ? 'absent' : showPattern(expected), seen: shown ?? 'absent' };
    findings.push({ type: 'wrong-value', hop: hopOf(pattern), span, field, ...texts });
  };
  compare('service', pattern.service, serviceOf(span));
  compare('kind', pattern.kind, kindOf(span));
  compare('shared', pattern.shared?.toString(), String(span.shared === true));
  compare('name', pattern.name, span.name);
  for (const [tag, expected] of Object.entries(pattern.tags)) compare(`tag ${tag}`, expected, span.tags?.[tag]);
  if (pattern.within !== undefined && (span.duration ?? 0) > pattern.within) {
    findings.push({ type: 'slow-span', hop: hopOf(pattern), span, limit: pattern.within });
  }
  return findings;
}

function matches(pattern: Pattern, text: string): boolean {
  return typeof pattern === 'string' ? pattern === text : pattern.test(text);
}

function showPattern(pattern: Pattern): string {
  if (typeof pattern === 'string') return pattern;
  return pattern.source === '^$' ? noService : String(pattern).replace(/i?u$/, '');
}
