import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { traceRequest } from '../observe/collect.js';
import type { TracedAnswer } from '../observe/send.js';
import { drawTimeSplit } from '../picture/time-split-text.js';
import { layOutWaterfall } from '../picture/waterfall.js';
import { drawSvg } from '../picture/waterfall-svg.js';
import { drawTrace } from '../picture/waterfall-text.js';
import { exactSpanCount } from '../topology/model-shape.js';
import { formatMicros } from '../trace/duration.js';
import type { Span } from '../trace/span.js';
import { buildTree, type SpanTree } from '../trace/tree.js';
import { ExitCode, exiting, UsageError } from './exit-code.js';
import { addOptions, pathArgument, type RequestOptions, requestOptions, storedOptions } from './options.js';
import { requestOf, toOwn, waitOf } from './request.js';
import { findTargets, modelOf, readTraceFile, zipkinOf } from './targets.js';
import { printJson, printLines, terminal } from './terminal.js';

interface TraceOptions extends RequestOptions {
  /** The headers of the context to send. */
  readonly join?: Readonly<Record<string, string>>;
  readonly sample: boolean;
  readonly svg?: string;
}

function readContext(text: string): Record<string, string> {
  const given = text === 'new' ? `${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}` : text;
  const [, traceId, spanId] = /^((?:[0-9a-f]{16}){1,2})-([0-9a-f]{16})$/.exec(given) ?? [];
  if (traceId && spanId) return { 'x-b3-traceid': traceId, 'x-b3-spanid': spanId };
  throw new InvalidArgumentError("It must be 'new', or <trace id>-<span id> of 16 or 32 and of 16 lower hex digits.");
}

/** A trace to show. */
interface Shown {
  readonly traceId: string;
  readonly spans: readonly Span[];
  /** Its page in Zipkin's UI; undefined if it came from a file. */
  readonly page?: string;
  readonly answer?: TracedAnswer;
  /** The request, for example `GET /trace/1`. */
  readonly title?: string;
}

function print(tree: SpanTree, { page, answer }: Shown): void {
  const options = terminal(process.stdout);
  const said = answer
    ? [`HTTP ${answer.status} in ${formatMicros(answer.tookMs * 1000)}, connecting included`, '']
    : [];
  const split = drawTimeSplit(layOutWaterfall(tree).shares, options);
  printLines([...said, ...drawTrace(tree, options), '', 'Where the time went:', ...split, '', ...(page ? [page] : [])]);
}

async function sendAndCollect(given: string | undefined, options: TraceOptions): Promise<Shown> {
  const targets = await findTargets(options);
  const { zipkin, sandbox } = targets;
  const path = given ?? (await modelOf(targets)).firstPath;
  const undecided = { ...options.header, ...options.join };
  const header = options.sample ? undecided : { ...undecided, 'x-b3-sampled': '0' };
  const request = toOwn(requestOf(targets, path, { ...options, header }), targets);
  const expected = sandbox && request.method === 'GET' ? exactSpanCount(sandbox.model, path) : undefined;
  const { answer, spans } = await traceRequest(zipkin, request, ({ status }) => ({
    ...waitOf(options, targets),
    ...(expected && status === 200 ? { enough: ({ length }) => length >= expected } : {}),
    ...(options.sample ? {} : { limitMs: 2000 }),
  }));
  if (answer.traceId === undefined) throw new Error(`${request.url} answered ${answer.status} and no trace id`);
  const page = zipkin.tracePage(answer.traceId);
  return { answer, traceId: answer.traceId, spans, page, title: `${request.method} ${path}` };
}

async function tracesOf(path: string | undefined, options: TraceOptions): Promise<Shown[]> {
  if (options.file) {
    const traces = await readTraceFile(options.file);
    return traces.map((spans) => ({ traceId: spans[0]?.traceId ?? '', spans }));
  }
  if (options.id) {
    const zipkin = await zipkinOf(options);
    return [{ traceId: options.id, spans: await zipkin.trace(options.id), page: zipkin.tracePage(options.id) }];
  }
  return [await sendAndCollect(path, options)];
}

async function show(shown: Shown, { svg, json, sample }: TraceOptions): Promise<ExitCode> {
  const { traceId, spans, answer, page, title } = shown;
  const tree = buildTree(spans);
  if (svg && spans.length > 0) {
    await writeFile(svg, drawSvg(tree, title === undefined ? {} : { title }));
    process.stderr.write(`${svg}: trace ${traceId}, ${spans.length} spans\n`);
  }
  if (json) printJson({ traceId, answer, page, spans, time: layOutWaterfall(tree).shares });
  else if (spans.length > 0) print(tree, shown);
  else if (!sample)
    printLines([`HTTP ${answer?.status}; the request asked for no trace, and Zipkin has no trace ${traceId}`]);
  if (spans.length > 0 === sample) return ExitCode.done;
  const seen = spans.length === 0 ? 'no span of it' : `${spans.length} spans although the request asked for no trace`;
  process.stderr.write(
    `sandbox: trace ${traceId}: Zipkin has ${seen}; run 'npm run verify' to see which hop is the cause\n`,
  );
  return ExitCode.incompleteTrace;
}

async function trace(path: string | undefined, options: TraceOptions): Promise<ExitCode> {
  const traces = await tracesOf(path, options);
  if (options.svg && traces.length > 1) {
    throw new UsageError(`${options.file} holds ${traces.length} traces; --svg takes a file with one trace`);
  }
  const codes: ExitCode[] = [];
  for (const shown of traces) codes.push(await show(shown, options));
  return codes.find((code) => code !== ExitCode.done) ?? ExitCode.done;
}

/** Adds `trace` to the program: it sends one request, waits for its trace and draws it. */
export function registerTrace(program: Command): void {
  const command = program
    .command('trace')
    .description('Send one request and draw its trace, or draw a trace that is already in Zipkin.')
    .addArgument(pathArgument())
    .addOption(
      new Option(
        '--join <context>',
        "send this trace context: <trace id>-<span id>, or 'new' for random ids",
      ).argParser(readContext),
    )
    .option('--no-sample', 'ask the hops to record no trace (X-B3-Sampled: 0)')
    .option('--svg <file>', 'also write the drawing to this file, as SVG');
  addOptions(command, [...storedOptions('draw'), ...requestOptions()]).action(exiting(trace));
}
