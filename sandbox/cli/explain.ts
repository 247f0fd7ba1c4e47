import type { JudgedTrace } from '../observe/verify.js';
import type { ZipkinClient } from '../observe/zipkin-client.js';
import { paint, wrapLine } from '../picture/terminal-text.js';
import { drawTrace } from '../picture/waterfall-text.js';
import { buildTree } from '../trace/tree.js';
import { describeFinding } from '../verdict/finding.js';
import { terminal } from './terminal.js';

/** The lines about a trace that is not whole: what is wrong, why, and both halves where there are two. */
export async function explain(
  { spans, traceId, verdict, diagnoses }: JudgedTrace,
  zipkin: ZipkinClient,
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
  const others = [...new Set(diagnoses.flatMap(({ otherTraceId }) => otherTraceId ?? []))];
  for (const part of [spans, ...(await Promise.all(others.map((id) => zipkin.trace(id))))]) {
    if (part.length > 0) lines.push('', ...drawTrace(buildTree(part), options));
  }
  return lines;
}

/** What a program gets of each trace. */
export function asDocument({ traceId, answer, verdict, diagnoses }: JudgedTrace) {
  return {
    traceId,
    status: answer.status,
    requestId: answer.requestId,
    whole: verdict.whole,
    notes: verdict.notes,
    diagnoses,
  };
}
