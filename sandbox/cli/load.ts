import type { Command } from 'commander';
import { loadLimits } from '../load/load-plan.js';
import { type MeasuredLoad, measureLoad } from '../load/measure.js';
import { describeLoad } from '../load/report.js';
import { spanLimitOf } from '../load/span-limit.js';
import { findLoadTarget } from '../load/target.js';
import { shapeOf } from '../topology/model-shape.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { fetchText } from '../topology/wait.js';
import { spansByService } from '../verdict/shape.js';
import { ExitCode, exiting } from './exit-code.js';
import { headerOption, jsonOption, numberOption, pathArgument, type RequestOptions, urlOption } from './options.js';
import { runTasks } from './progress.js';
import { cache, root } from './project.js';
import { canOverwrite, printJson, printLines } from './terminal.js';

interface LoadOptions extends Pick<RequestOptions, 'header' | 'url' | 'json'> {
  readonly concurrency: number;
  readonly rate?: number;
  readonly seconds?: number;
  readonly count?: number;
}

const defaultSeconds = 10;
const quietSeconds = 30;
const plainLineEveryMs = 5000;

/** Runs `work` and shows its progress: on a terminal in one line that is rewritten, elsewhere in plain lines. */
async function withProgress(title: string, work: (onProgress: (text: string) => void) => Promise<void>): Promise<void> {
  let shownAt = 0;
  const task = (_: unknown, shown: { output: string }) =>
    work((text) => {
      if (!canOverwrite(process.stdout) && Date.now() - shownAt < plainLineEveryMs) return;
      shownAt = Date.now();
      shown.output = text;
    });
  await runTasks([{ title, task }], undefined);
}

/** Only a Zipkin that keeps spans in memory forgets them. */
async function spanLimitAt({ zipkinUrl, model }: RunningSandbox): Promise<number> {
  const health = await fetchText(`${zipkinUrl}/health`);
  return health.includes('InMemoryStorage') ? spanLimitOf(model) : Number.POSITIVE_INFINITY;
}

async function load(given: string | undefined, options: LoadOptions): Promise<ExitCode> {
  const sandbox = await findLoadTarget(root, cache, process.env, options.url);
  const path = given ?? sandbox.model.firstPath;
  const { shape } = shapeOf(sandbox.model, path);
  const plan = {
    frontUrl: sandbox.frontUrl,
    path,
    headers: options.header,
    concurrency: options.concurrency,
    rate: options.rate,
    seconds: options.seconds ?? (options.count === undefined ? defaultSeconds : loadLimits.seconds),
    count: options.count ?? loadLimits.count,
  };
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort());
  let measured: MeasuredLoad | undefined;
  const work = async (onProgress: (text: string) => void): Promise<void> => {
    measured = await measureLoad(sandbox, plan, {
      spansEach: shape ? spansByService(shape) : {},
      spanLimit: await spanLimitAt(sandbox),
      keepUp: true,
      quietSeconds,
      stopped: stopped.signal,
      onProgress,
    });
  };
  await (options.json ? work(() => undefined) : withProgress(`Load on ${sandbox.frontUrl}${path}`, work));
  if (!measured) throw new Error('the load was not measured');
  if (options.json) printJson({ plan, ...measured });
  else printLines(['', ...describeLoad(measured)]);
  return measured.ledger.total.missing > 0 ? ExitCode.incompleteTrace : ExitCode.done;
}

/** Adds `load` to the program: it sends many requests and accounts for every span of them. */
export function registerLoad(program: Command): void {
  program
    .command('load')
    .description(
      'Send many requests to the sandbox. Print throughput, latency and the ledger, which accounts for every span.',
    )
    .addArgument(pathArgument())
    .addOption(
      numberOption(
        '-c, --concurrency <connections>',
        'connections; each sends one request at a time',
        loadLimits.concurrency,
        16,
      ),
    )
    .addOption(
      numberOption(
        '-r, --rate <requests>',
        'requests per second (default: as many as the sandbox answers)',
        loadLimits.rate,
      ),
    )
    .addOption(
      numberOption(
        '-s, --seconds <seconds>',
        `how long to send (default: ${defaultSeconds}, or until --count)`,
        loadLimits.seconds,
      ),
    )
    .addOption(numberOption('-n, --count <requests>', 'the most requests to send', loadLimits.count))
    .addOption(headerOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(exiting(load));
}
