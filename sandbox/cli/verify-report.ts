import { writeFile } from 'node:fs/promises';
import { recentDays } from '../observe/judge-stored.js';
import type { JudgedTrace, VerifiedTrace } from '../observe/judged-trace.js';
import type { ZipkinClient } from '../observe/zipkin-client.js';
import { junitReport } from '../picture/junit.js';
import { anyShape } from '../verdict/judge.js';
import type { Shape } from '../verdict/shape.js';
import { ExitCode } from './exit-code.js';
import { asDocument, explain, notesOf, sumUp } from './explain.js';
import type { RequestOptions } from './options.js';
import { printJson, printLines } from './terminal.js';

/** The traces that were judged, and the Zipkin that has them, if there is one. */
export interface Judgement {
  readonly judged: readonly (JudgedTrace & Partial<VerifiedTrace>)[];
  readonly shape: Shape;
  readonly zipkin?: ZipkinClient;
}

/** How to report the result. */
export interface ReportOptions extends Pick<RequestOptions, 'json'> {
  /** The user asked for the last traces, so the report counts them. */
  readonly recent?: number;
  readonly junit?: string;
}

const mostDrawn = 3;

/** Prints the result as the options say, and returns the exit code. */
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
    printJson({ shape: shape.name, ...summary, traces: judged.map(asDocument) });
  } else {
    const told = recent === undefined ? await explainEach(broken, judgement.zipkin) : sumUpLines(broken, judged.length);
    printLines([...told, ...notesOf(judged), lastLine(judgement, broken.length, recent !== undefined)]);
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
