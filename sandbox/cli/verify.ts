import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type TraceWait, traceRequest } from '../observe/collect.js';
import { judgeRecent, judgeStored } from '../observe/judge-stored.js';
import { longestReportMs } from '../observe/judged-trace.js';
import type { TracedRequest } from '../observe/send.js';
import { verify } from '../observe/verify.js';
import { ZipkinClient } from '../observe/zipkin-client.js';
import { shapeOf } from '../topology/model-shape.js';
import { readModel } from '../topology/read-model.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { buildTree } from '../trace/tree.js';
import { anyShape, type JudgeOptions } from '../verdict/judge.js';
import { recordShape } from '../verdict/record-shape.js';
import type { Shape } from '../verdict/shape.js';
import { ExitCode, UsageError } from './exit-code.js';
import { numberOption } from './number-option.js';
import { root } from './project.js';
import {
  dataOption,
  headerOption,
  methodOption,
  type RequestOptions,
  requestOf,
  toOwn,
  waitOf,
  waitOption,
} from './request-options.js';
import {
  fileOption,
  findTargets,
  idOption,
  jsonOption,
  readShape,
  readTraceFile,
  requireShape,
  type StoredOptions,
  urlOption,
  zipkinOf,
  zipkinOption,
} from './targets.js';
import { canOverwrite } from './terminal.js';
import { type Judgement, type ReportOptions, report } from './verify-report.js';

interface VerifyOptions extends RequestOptions, StoredOptions, ReportOptions {
  readonly service?: string;
  readonly expect?: string;
  readonly record?: string;
  readonly count: number;
  readonly within?: number;
  readonly tolerance?: number;
  readonly url?: string;
  readonly zipkin?: string;
}

const mostRequests = 10_000;
const mostRecent = 1000;

function readMilliseconds(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It must be a number of milliseconds.');
  return Number(text);
}

async function record(file: string, zipkin: ZipkinClient, request: TracedRequest, wait: TraceWait): Promise<ExitCode> {
  const { answer, spans } = await traceRequest(zipkin, request, wait);
  if (answer.traceId === undefined) {
    throw new Error(`${request.url} answered ${answer.status} and no trace id; send one with -H 'X-B3-TraceId: …'`);
  }
  await writeFile(file, recordShape(buildTree(spans), `${request.method} ${request.url.pathname}`));
  process.stdout.write(`${file}: the shape of trace ${answer.traceId}, ${spans.length} spans\n`);
  return ExitCode.done;
}

function limitsOf({ within, tolerance }: VerifyOptions): JudgeOptions {
  return {
    ...(within === undefined ? {} : { within: within * 1000 }),
    ...(tolerance === undefined ? {} : { startTolerance: tolerance * 1000, endTolerance: tolerance * 1000 }),
  };
}

/** Judges traces that are stored already. Sends no request. */
async function judgeWhatIs(options: VerifyOptions): Promise<Judgement> {
  const shape = options.expect ? await readShape(options.expect) : anyShape;
  const limits = limitsOf(options);
  if (options.file) return { judged: judgeStored(await readTraceFile(options.file), shape, limits), shape };
  const zipkin = await zipkinOf(options);
  if (options.id) {
    const [judged] = judgeStored([await zipkin.trace(options.id)], shape, limits);
    return { judged: judged ? [{ ...judged, traceId: options.id }] : [], shape, zipkin };
  }
  const waitMs = options.wait === undefined ? longestReportMs : options.wait * 1000;
  const onWait = (ms: number) =>
    process.stderr.write(`waiting ${(ms / 1000).toFixed(0)} s for the last spans of the youngest traces\n`);
  const recent = { limit: options.recent ?? 1, serviceName: options.service?.toLowerCase(), waitMs, shape, onWait };
  return { judged: await judgeRecent(zipkin, { ...recent, options: limits }), shape, zipkin };
}

/** The given shape, otherwise that of the sandbox. Nothing is known beforehand about another system. */
async function shapeFor(path: string, sandbox: RunningSandbox | undefined, options: VerifyOptions): Promise<Shape> {
  const { expect } = options;
  if (expect) return readShape(expect);
  if (sandbox) return requireShape(sandbox.model, path);
  return shapeOf(await readModel(root, process.env), path).shape ?? anyShape;
}

async function sendAndJudge(path: string, options: VerifyOptions): Promise<Judgement | ExitCode> {
  if (!path.startsWith('/')) throw new UsageError(`'${path}' is not a path; give one like /trace/1`);
  const { frontUrl, zipkinUrl, sandbox } = await findTargets(options);
  const zipkin = new ZipkinClient(zipkinUrl);
  const request = requestOf(new URL(frontUrl + path), options);
  if (options.record) return record(options.record, zipkin, toOwn(request, sandbox), waitOf(options, sandbox));
  const shape = await shapeFor(path, sandbox, options);
  const progress = canOverwrite(process.stderr) && options.count > 1;
  const judged = await verify({
    request,
    count: options.count,
    shape,
    zipkin,
    sandbox,
    waitMs: options.wait === undefined ? undefined : options.wait * 1000,
    within: options.within === undefined ? undefined : options.within * 1000,
    tolerance: options.tolerance === undefined ? undefined : options.tolerance * 1000,
    onJudged: (done) => {
      if (progress) process.stderr.write(`\r${done} of ${options.count} traces judged`);
    },
  });
  if (progress) process.stderr.write('\r\u001b[K');
  return { judged, shape, zipkin };
}

async function run(path: string, options: VerifyOptions): Promise<ExitCode> {
  const isStored = options.id !== undefined || options.file !== undefined || options.recent !== undefined;
  const judgement = isStored ? await judgeWhatIs(options) : await sendAndJudge(path, options);
  if (typeof judgement === 'number') return judgement;
  return report(judgement, options);
}

const exclusive = ['id', 'file', 'recent', 'record', 'method', 'data'];
const others = (name: string) => exclusive.filter((other) => other !== name);

/** Adds `verify` to the program: it sends requests and checks their traces against a shape. */
export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('Send requests and check that each trace is whole. If one is not, name the hop that broke it.')
    .argument('[path]', 'the path to request', '/trace/1')
    .addOption(idOption('judge this trace and send no request').conflicts(others('id')))
    .addOption(fileOption('judge the traces in this file').conflicts(others('file')))
    .addOption(
      numberOption('--recent <n>', 'judge the last traces in Zipkin and print a summary', mostRecent).conflicts(
        others('recent'),
      ),
    )
    .option('--service <name>', 'with --recent: only traces with a span of this service')
    .option(
      '--expect <file>',
      "file with the shape that each trace must have (default: the sandbox's shape for the path)",
    )
    .option('--record <file>', 'send one request and write the shape of its trace to this file')
    .addOption(numberOption('--count <n>', 'how many requests to send', mostRequests, 1))
    .addOption(new Option('--within <ms>', 'the most milliseconds that a request may take').argParser(readMilliseconds))
    .addOption(
      new Option(
        '--tolerance <ms>',
        'how far a span may begin before its parent or end after it (default: begin 1; end without limit, 100 for this sandbox)',
      ).argParser(readMilliseconds),
    )
    .option('--junit <file>', 'also write the results as JUnit XML')
    .addOption(methodOption())
    .addOption(headerOption())
    .addOption(dataOption())
    .addOption(waitOption())
    .addOption(urlOption())
    .addOption(zipkinOption())
    .addOption(jsonOption())
    .action(async (path: string, options: VerifyOptions) => {
      process.exitCode = await run(path, options);
    });
}
