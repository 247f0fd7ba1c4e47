import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { traceRequest } from '../observe/collect.js';
import { judgeRecent, judgeStored } from '../observe/judge-stored.js';
import { longestReportMs } from '../observe/judged-trace.js';
import { verify } from '../observe/verify.js';
import { shapeOf } from '../topology/model-shape.js';
import { buildTree } from '../trace/tree.js';
import type { Limits } from '../verdict/check-times.js';
import { anyShape } from '../verdict/judge.js';
import { recordShape } from '../verdict/record-shape.js';
import type { Shape } from '../verdict/shape.js';
import { ExitCode, exiting } from './exit-code.js';
import {
  addOptions,
  choosing,
  numberOption,
  pathArgument,
  type RequestOptions,
  requestOptions,
  storedOptions,
  timeOption,
} from './options.js';
import { requestOf, toOwn, waitOf } from './request.js';
import { findTargets, modelOf, readShape, readTraceFile, requireShape, type Targets, zipkinOf } from './targets.js';
import { canOverwrite, printLines } from './terminal.js';
import { type Judgement, type ReportOptions, report } from './verify-report.js';

interface VerifyOptions extends RequestOptions, ReportOptions {
  readonly service?: string;
  readonly expect?: string;
  readonly record?: string;
  readonly count: number;
  /** Microseconds. */
  readonly within?: number;
  readonly tolerance?: number;
}

const mostRequests = 10_000;
const mostRecent = 1000;

function limitsOf({ within, tolerance }: VerifyOptions): Limits {
  return { within, startTolerance: tolerance, endTolerance: tolerance };
}

/** Judges the stored traces that the options choose and sends no request. */
async function judgeChosen(options: VerifyOptions): Promise<Judgement> {
  const { id, file, recent, expect, service, wait: waitMs = longestReportMs } = options;
  const shape = expect ? await readShape(expect) : anyShape;
  const limits = limitsOf(options);
  if (file) return { judged: judgeStored(await readTraceFile(file), shape, limits), shape };
  const zipkin = await zipkinOf(options);
  if (id) {
    const judged = judgeStored([await zipkin.trace(id)], shape, limits);
    return { judged: judged.map((each) => ({ ...each, traceId: id })), shape, zipkin };
  }
  const onWait = (ms: number) =>
    process.stderr.write(`waiting ${(ms / 1000).toFixed(0)} s for the last spans of the youngest traces\n`);
  const last = { limit: recent ?? 1, serviceName: service?.toLowerCase(), waitMs, shape, limits, onWait };
  return { judged: await judgeRecent(zipkin, last), shape, zipkin };
}

async function record(file: string, targets: Targets, path: string, options: VerifyOptions): Promise<ExitCode> {
  const request = toOwn(requestOf(targets, path, options), targets);
  const { answer, spans } = await traceRequest(targets.zipkin, request, waitOf(options, targets));
  if (answer.traceId === undefined) {
    throw new Error(`${request.url} answered ${answer.status} and no trace id; send one with -H 'X-B3-TraceId: …'`);
  }
  await writeFile(file, recordShape(buildTree(spans), `${request.method} ${request.url.pathname}`));
  printLines([`${file}: the shape of trace ${answer.traceId}, ${spans.length} spans`]);
  return ExitCode.done;
}

/** The shape of the options, otherwise that of the sandbox. Another system may have the sandbox's paths, or any. */
async function shapeFor(path: string, targets: Targets, { expect }: VerifyOptions): Promise<Shape> {
  if (expect) return readShape(expect);
  const model = await modelOf(targets);
  return targets.sandbox ? requireShape(model, path) : (shapeOf(model, path).shape ?? anyShape);
}

async function sendAndJudge(path: string, targets: Targets, options: VerifyOptions): Promise<Judgement> {
  const { zipkin, sandbox } = targets;
  const { count, wait: waitMs } = options;
  const shape = await shapeFor(path, targets, options);
  const request = requestOf(targets, path, options);
  const showsProgress = canOverwrite(process.stderr) && count > 1;
  const onJudged = (done: number) => {
    if (showsProgress) process.stderr.write(`\r${done} of ${count} traces judged`);
  };
  const judged = await verify({ request, count, shape, zipkin, sandbox, waitMs, limits: limitsOf(options), onJudged });
  if (showsProgress) process.stderr.write('\r\u001b[K');
  return { judged, shape, zipkin };
}

async function run(given: string | undefined, options: VerifyOptions): Promise<ExitCode> {
  const { id, file, recent } = options;
  if (id !== undefined || file !== undefined || recent !== undefined)
    return report(await judgeChosen(options), options);
  const targets = await findTargets(options);
  const path = given ?? (await modelOf(targets)).firstPath;
  if (options.record) return record(options.record, targets, path, options);
  return report(await sendAndJudge(path, targets, options), options);
}

/** Adds `verify` to the program: it sends requests and checks their traces against a shape. */
export function registerVerify(program: Command): void {
  const command = program
    .command('verify')
    .description('Send requests and check that each trace is whole. If one is not, name the hop that broke it.')
    .addArgument(pathArgument())
    .addOption(numberOption('--count <n>', 'how many requests to send', mostRequests, 1))
    .addOption(timeOption('--within <ms>', 'the most milliseconds that a request may take'))
    .addOption(
      timeOption(
        '--tolerance <ms>',
        'how far a span may begin before its parent or end after it (default: begin 1; end without limit, 100 for this sandbox)',
      ),
    )
    .option(
      '--expect <file>',
      "file with the shape that each trace must have (default: the sandbox's shape for the path)",
    )
    .option('--record <file>', 'send one request and write the shape of its trace to this file')
    .option('--junit <file>', 'also write the results as JUnit XML')
    .addOption(
      choosing(numberOption('--recent <n>', 'judge the last traces in Zipkin and print a summary', mostRecent)),
    )
    .option('--service <name>', 'with --recent: only traces with a span of this service');
  addOptions(command, [...storedOptions('judge'), ...requestOptions()]).action(exiting(run));
}
