import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { traceRequest } from '../observe/collect.js';
import type { TracedAnswer } from '../observe/send.js';
import { ZipkinClient } from '../observe/zipkin-client.js';
import { drawTimeSplit } from '../picture/time-split-text.js';
import { layOutWaterfall } from '../picture/waterfall.js';
import { drawSvg } from '../picture/waterfall-svg.js';
import { drawTrace } from '../picture/waterfall-text.js';
import { shapeOf } from '../topology/model-shape.js';
import { formatMicros } from '../trace/duration.js';
import type { Span } from '../trace/span.js';
import { buildTree, type SpanTree } from '../trace/tree.js';
import { countExpected } from '../verdict/shape.js';
import { ExitCode, UsageError } from './exit-code.js';
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
  readTraceFile,
  type StoredOptions,
  type Targets,
  urlOption,
  zipkinOf,
  zipkinOption,
} from './targets.js';
import { terminal } from './terminal.js';

interface TraceOptions extends RequestOptions, StoredOptions {
  readonly join?: { readonly traceId: string; readonly spanId: string };
  readonly sample: boolean;
  readonly url?: string;
  readonly zipkin?: string;
  readonly svg?: string;
  readonly json?: true;
}

function readContext(text: string): { traceId: string; spanId: string } {
  if (text === 'new') return { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
  const [, traceId, spanId] = /^((?:[0-9a-f]{16}){1,2})-([0-9a-f]{16})$/.exec(text) ?? [];
  if (!traceId || !spanId) {
    throw new InvalidArgumentError("It must be 'new', or <trace id>-<span id> of 16 or 32 and of 16 lower hex digits.");
  }
  return { traceId, spanId };
}

function contextHeaders({ join, sample }: TraceOptions): Record<string, string> {
  return {
    ...(join ? { 'x-b3-traceid': join.traceId, 'x-b3-spanid': join.spanId } : {}),
    ...(sample ? {} : { 'x-b3-sampled': '0' }),
  };
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
  const lines = [...said, ...drawTrace(tree, options), '', 'Where the time went:', ...split];
  process.stdout.write(`${lines.join('\n')}\n\n${page === undefined ? '' : `${page}\n`}`);
}

async function sendAndCollect(path: string, options: TraceOptions, targets: Targets, zipkin: ZipkinClient) {
  const { frontUrl, sandbox } = targets;
  const named = requestOf(new URL(frontUrl + path), options);
  const request = toOwn({ ...named, headers: { ...named.headers, ...contextHeaders(options) } }, sandbox);
  const isPlain = request.method === 'GET' && options.sample;
  const shape = sandbox && isPlain ? shapeOf(sandbox.model, path).shape : undefined;
  const expected = shape ? countExpected(shape) : Number.POSITIVE_INFINITY;
  const { answer, spans } = await traceRequest(zipkin, request, ({ status }) => ({
    ...waitOf(options, sandbox),
    ...(status === 200 ? { enough: ({ length }) => length >= expected } : {}),
    ...(options.sample ? {} : { limitMs: 2000 }),
  }));
  if (answer.traceId === undefined) throw new Error(`${request.url} answered ${answer.status} and no trace id`);
  const page = zipkin.tracePage(answer.traceId);
  return { answer, traceId: answer.traceId, spans, page, title: `${request.method} ${path}` };
}

async function tracesOf(path: string, options: TraceOptions): Promise<Shown[]> {
  if (options.file) {
    const traces = await readTraceFile(options.file);
    return traces.map((spans) => ({ traceId: spans[0]?.traceId ?? '', spans }));
  }
  if (options.id) {
    const zipkin = await zipkinOf(options);
    return [{ traceId: options.id, spans: await zipkin.trace(options.id), page: zipkin.tracePage(options.id) }];
  }
  if (!path.startsWith('/')) throw new UsageError(`'${path}' is not a path; give one like /trace/1`);
  const targets = await findTargets(options);
  return [await sendAndCollect(path, options, targets, new ZipkinClient(targets.zipkinUrl))];
}

async function show(shown: Shown, { svg, json, sample }: TraceOptions): Promise<ExitCode> {
  const { traceId, spans, answer, page, title } = shown;
  const tree = buildTree(spans);
  if (svg && spans.length > 0) {
    await writeFile(svg, drawSvg(tree, title === undefined ? {} : { title }));
    process.stderr.write(`${svg}: trace ${traceId}, ${spans.length} spans\n`);
  }
  if (json) {
    const document = { traceId, answer, page, spans, time: layOutWaterfall(tree).shares };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else if (spans.length > 0) print(tree, shown);
  else if (!sample)
    process.stdout.write(
      `HTTP ${answer?.status}; the request asked for no trace, and Zipkin has no trace ${traceId}\n`,
    );
  const asWanted = spans.length > 0 === sample;
  if (!asWanted) {
    const seen = spans.length === 0 ? 'no span of it' : `${spans.length} spans although the request asked for no trace`;
    process.stderr.write(
      `sandbox: trace ${traceId}: Zipkin has ${seen}; run 'npm run verify' to see which hop is the cause\n`,
    );
  }
  return asWanted ? ExitCode.done : ExitCode.incompleteTrace;
}

async function trace(path: string, options: TraceOptions): Promise<ExitCode> {
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
  program
    .command('trace')
    .description('Send one request and draw its trace, or draw a trace that is already in Zipkin.')
    .argument('[path]', 'the path to request', '/trace/1')
    .addOption(idOption('draw this trace and send no request').conflicts('file'))
    .addOption(fileOption('draw the traces in this file'))
    .addOption(methodOption())
    .addOption(headerOption())
    .addOption(dataOption())
    .addOption(waitOption())
    .addOption(
      new Option(
        '--join <context>',
        "send this trace context: <trace id>-<span id>, or 'new' for random ids",
      ).argParser(readContext),
    )
    .option('--no-sample', 'ask the hops to record no trace (X-B3-Sampled: 0)')
    .addOption(urlOption())
    .addOption(zipkinOption())
    .option('--svg <file>', 'also write the drawing to this file, as SVG')
    .addOption(jsonOption())
    .action(async (path: string, options: TraceOptions) => {
      process.exitCode = await trace(path, options);
    });
}
