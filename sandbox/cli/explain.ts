import type { Cause } from '../diagnosis/cause.js';
import type { JudgedTrace, VerifiedTrace } from '../observe/judged-trace.js';
import type { ZipkinClient } from '../observe/zipkin-client.js';
import { paint, wrapLine } from '../picture/terminal-text.js';
import { drawTrace } from '../picture/waterfall-text.js';
import { buildTree } from '../trace/tree.js';
import { describeFinding } from '../verdict/finding.js';
import { terminal } from './terminal.js';

/** Writes about a trace that is not whole: what is wrong, why, and both halves if there are two. */
export async function explain(
  { spans, traceId, verdict, diagnoses, waitedMs }: JudgedTrace,
  zipkin: ZipkinClient | undefined,
): Promise<string[]> {
  const options = terminal(process.stdout);
  const count = verdict.findings.length;
  const title = `✗ trace ${traceId || '(none)'}: ${count} ${count === 1 ? 'finding' : 'findings'}`;
  const lines = [options.colour ? paint('red', title) : title];
  for (const { text, findings } of diagnoses) {
    lines.push(...wrapLine(`  ${text}`, options.wrapAt, 2));
    const told = findings.map(describeFinding).filter((finding) => finding !== text);
    for (const finding of told) lines.push(...wrapLine(`    - ${finding}`, options.wrapAt, 6));
  }
  if (waitedMs !== undefined) {
    lines.push(`  waited ${(waitedMs / 1000).toFixed(1)} s for late spans; --wait sets how long`);
  }
  const others = zipkin === undefined ? [] : [...new Set(diagnoses.flatMap(({ otherTraceId }) => otherTraceId ?? []))];
  for (const part of [spans, ...(await Promise.all(others.map((id) => zipkin?.trace(id) ?? [])))]) {
    if (part.length > 0) lines.push('', ...drawTrace(buildTree(part), options));
  }
  return lines;
}

/** The notes on traces. Those that differ only in ids are printed once. */
export function notesOf(judged: readonly JudgedTrace[]): string[] {
  const notes = new Map<string, string>();
  for (const note of judged.flatMap(({ verdict }) => verdict.notes)) {
    const bare = note.replace(/\b[0-9a-f]{16,32}\b/g, '');
    if (!notes.has(bare)) notes.set(bare, `note: ${note}`);
  }
  return [...notes.values()];
}

/** How many traces one hop breaks in one way, with the explanation of the first one and a few ids. */
interface Breakage {
  readonly traces: number;
  readonly hop: string;
  readonly cause: Cause;
  readonly example: string;
  readonly ids: readonly string[];
}

const mostIds = 3;

/** Counts traces that are not whole by hop and cause, the most frequent first. */
export function sumUp(broken: readonly JudgedTrace[]): Breakage[] {
  const groups = new Map<string, Breakage & { traces: number; ids: string[] }>();
  for (const { traceId, diagnoses } of broken) {
    const kinds = new Map(diagnoses.map((diagnosis) => [`${diagnosis.cause} ${diagnosis.hop}`, diagnosis]));
    for (const [kind, { cause, hop, text }] of kinds) {
      const group = groups.get(kind) ?? { traces: 0, hop, cause, example: text, ids: [] };
      group.traces += 1;
      if (group.ids.length < mostIds) group.ids.push(traceId);
      groups.set(kind, group);
    }
  }
  return [...groups.values()].sort((a, b) => b.traces - a.traces);
}

/** The JSON document of one trace. */
export function asDocument({ traceId, answer, verdict, diagnoses, waitedMs }: JudgedTrace & Partial<VerifiedTrace>) {
  const { whole, notes } = verdict;
  return { traceId, status: answer?.status, requestId: answer?.requestId, whole, waitedMs, notes, diagnoses };
}
