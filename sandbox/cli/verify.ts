import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type TraceWait, traceRequest } from '../observe/collect.js';
import type { TracedRequest } from '../observe/send.js';
import { verify } from '../observe/verify.js';
import { ZipkinClient } from '../observe/zipkin-client.js';
import { junitReport } from '../picture/junit.js';
import { readModel } from '../topology/read-model.js';
import { buildTree } from '../trace/tree.js';
import { recordShape } from '../verdict/record-shape.js';
import { ExitCode, UsageError } from './exit-code.js';
import { asDocument, explain } from './explain.js';
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
import { findTargets, jsonOption, readShape, requireShape, urlOption, zipkinOption } from './targets.js';
import { canOverwrite } from './terminal.js';

interface VerifyOptions extends RequestOptions {
  readonly expect?: string;
  readonly record?: string;
  readonly count: number;
  readonly within?: number;
  readonly tolerance?: number;
  readonly junit?: string;
  readonly url?: string;
  readonly zipkin?: string;
  readonly json?: true;
}

const mostRequests = 10_000;
const mostDrawn = 3;

function readCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > mostRequests) {
    throw new InvalidArgumentError(`It must be a number from 1 to ${mostRequests}.`);
  }
  return count;
}

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

async function run(path: string, options: VerifyOptions): Promise<ExitCode> {
  if (!path.startsWith('/')) throw new UsageError(`'${path}' is no path; give one like /trace/1`);
  const { frontUrl, zipkinUrl, sandbox } = await findTargets(options);
  const zipkin = new ZipkinClient(zipkinUrl);
  const request = requestOf(new URL(frontUrl + path), options);
  if (options.record) return record(options.record, zipkin, toOwn(request, sandbox), waitOf(options, sandbox));
  const shape = options.expect
    ? await readShape(options.expect)
    : requireShape(await readModel(root, process.env), path);
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
  const broken = judged.filter(({ verdict }) => !verdict.whole);
  if (options.junit) {
    const cases = judged.map(({ traceId, answer, diagnoses }) => ({
      name: `${shape.name} ${traceId}`,
      seconds: answer.tookMs / 1000,
      failures: diagnoses.map(({ text }) => text),
    }));
    await writeFile(options.junit, junitReport(`verify ${shape.name}`, cases));
  }
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ shape: shape.name, traces: judged.map(asDocument) }, null, 2)}\n`);
  } else {
    for (const each of broken.slice(0, mostDrawn))
      process.stdout.write(`${(await explain(each, zipkin)).join('\n')}\n\n`);
    if (broken.length > mostDrawn)
      process.stdout.write(`… and ${broken.length - mostDrawn} more; --json has them all\n\n`);
    const verdict = broken.length === 0 ? '✓ whole' : `✗ ${broken.length} not whole`;
    process.stdout.write(`${judged.length} ${judged.length === 1 ? 'trace' : 'traces'} of ${shape.name}: ${verdict}\n`);
    const notes = new Set(judged.flatMap((each) => each.verdict.notes));
    for (const note of notes) process.stdout.write(`  ${note}\n`);
  }
  return broken.length === 0 ? ExitCode.done : ExitCode.incompleteTrace;
}

/** Adds `verify` to the program: requests whose traces are checked against a shape. */
export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('Send requests and say of each trace whether it is whole, and if not, which hop broke it.')
    .argument('[path]', 'what to ask for', '/trace/1')
    .option('--expect <file>', "the shape that each trace must have (default: the sandbox's own for the path)")
    .option('--record <file>', 'send one request and write the shape of its trace to this file')
    .addOption(new Option('--count <n>', 'how many requests').argParser(readCount).default(1))
    .addOption(new Option('--within <ms>', 'longest time that a request may take').argParser(readMilliseconds))
    .addOption(
      new Option(
        '--tolerance <ms>',
        "how far a span may lie outside its parent's time (default: start 1, end 100)",
      ).argParser(readMilliseconds),
    )
    .option('--junit <file>', 'write the results as JUnit XML too')
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
