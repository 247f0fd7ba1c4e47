import { writeFile } from 'node:fs/promises';
import { recentDays } from '../observe/judge-stored.js';
import type { JudgedTrace, VerifiedTrace } from '../observe/judged-trace.js';
import type { ZipkinClient } from '../observe/zipkin-client.js';
import { junitReport } from '../picture/junit.js';
import { anyShape } from '../verdict/judge.js';
import type { Shape } from '../verdict/shape.js';
import { ExitCode } from './exit-code.js';
import { asDocument, explain, notesOf, sumUp } from './explain.js';

/** What was judged, and the Zipkin to look at it in, where there is one. */
export interface Judgement {
  readonly judged: readonly (JudgedTrace & Partial<VerifiedTrace>)[];
  readonly shape: Shape;
  readonly zipkin?: ZipkinClient;
}

/** How a judgement is told. */
export interface ReportOptions {
  /** The last traces were asked for: they are summed up. */
  readonly recent?: number;
  readonly junit?: string;
  readonly json?: true;
}

const mostDrawn = 3;

/** Prints a judgement, as the options say, and gives what the command ends with. */
export async function report(judgement: Judgement, { recent, junit, json }: ReportOptions): Promise<ExitCode> {
  const { judged, shape } = judgement;
  const broken = judged.filter(({ verdict }) => !verdict.whole);
  if (junit) {
    const cases = judged.map(({ traceId, answer, diagnoses }) => ({
      name: `${shape.name} ${traceId}`,
      seconds: (answer?.tookMs ?? 0) / 1000,
      failures: diagnoses.map(({ text }) => text),
    }));
    await writeFile(junit, junitReport(`verify ${shape.name}`, cases));
  }
  if (json) {
    const summary = recent === undefined ? {} : { summary: sumUp(broken) };
    const document = { shape: shape.name, ...summary, traces: judged.map(asDocument) };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    const told = recent === undefined ? await explainEach(broken, judgement.zipkin) : sumUpLines(broken, judged.length);
    const lines = [...told, ...notesOf(judged), lastLine(judgement, broken.length, recent !== undefined)];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  return broken.length === 0 ? ExitCode.done : ExitCode.incompleteTrace;
}

async function explainEach(broken: Judgement['judged'], zipkin: ZipkinClient | undefined): Promise<string[]> {
  const lines: string[] = [];
  for (const each of broken.slice(0, mostDrawn)) lines.push(...(await explain(each, zipkin)), '');
  if (broken.length > mostDrawn) lines.push(`… and ${broken.length - mostDrawn} more; --json prints them all`, '');
  return lines;
}

function sumUpLines(broken: Judgement['judged'], all: number): string[] {
  return sumUp(broken).flatMap(({ traces, hop, cause, example, ids }) => [
    `✗ ${traces} of ${all}: ${cause}${hop && ` at ${hop}`}: ${example}`,
    `    ${ids.join(' ')}`,
    '',
  ]);
}

function lastLine({ judged, shape }: Judgement, broken: number, isRecent: boolean): string {
  const count = `${judged.length} ${judged.length === 1 ? 'trace' : 'traces'}`;
  const which = isRecent ? ` of the last ${recentDays} days` : shape === anyShape ? '' : ` of ${shape.name}`;
  if (judged.length === 0) return `${count}${which}: nothing to judge`;
  return `${count}${which}: ${broken === 0 ? '✓ whole' : `✗ ${broken} not whole`}`;
}
