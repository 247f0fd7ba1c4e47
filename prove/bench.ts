import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { ExitCode } from '../sandbox/cli/exit-code.js';
import { cache, root } from '../sandbox/cli/project.js';
import { jsonOption, ownShape } from '../sandbox/cli/targets.js';
import { wholeNumber } from '../sandbox/cli/whole-number.js';
import { spansByService } from '../sandbox/observe/shape-counts.js';
import { installEnvoy } from '../sandbox/topology/download-parts.js';
import { installZipkinFor } from '../sandbox/topology/native-sandbox.js';
import { readTopology } from '../sandbox/topology/read-topology.js';
import { type BenchOptions, runBench, runSweep } from './bench/bench.js';
import { describeBench, describeVariants } from './bench/bench-report.js';
import { benchVariants, sweeps } from './bench/variants.js';

interface BenchCommandOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly warm: number;
  readonly saturation: number;
  readonly concurrency: number;
  readonly sweep?: string | true;
  readonly json?: true;
}

async function bench(options: BenchCommandOptions): Promise<ExitCode> {
  const services = await readTopology(root, { ...process.env, ZIPKIN_URL: '' });
  const installation = {
    root,
    cache,
    envoyBinary: await installEnvoy(cache, process.env),
    zipkinFolder: await installZipkinFor(services, cache, { ...process.env, ZIPKIN_URL: '' }),
  };
  const shape = await ownShape('/trace/1');
  const spans = shape ? spansByService(shape) : {};
  const plan: BenchOptions = {
    concurrency: options.concurrency,
    rounds: options.rounds,
    seconds: options.seconds,
    warmSeconds: options.warm,
    saturationSeconds: options.saturation,
    onProgress: (text) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`),
  };
  const print = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n\n`);
  if (options.sweep === undefined) {
    const tutorialApp = join(root, 'dist/prove/bench/tutorial-app.js');
    const measured = await runBench(installation, benchVariants(tutorialApp), spans, plan);
    print(options.json ? [JSON.stringify(measured, null, 2)] : describeBench(measured));
    return measured.saturation.ledger.total.missing > 0 ? ExitCode.incompleteTrace : ExitCode.done;
  }
  for (const [setting, variants] of Object.entries(sweeps)) {
    if (options.sweep !== true && options.sweep !== setting) continue;
    const summaries = await runSweep(installation, variants(), spans, plan);
    print(
      options.json ? [JSON.stringify({ setting, summaries })] : [`### ${setting}`, '', ...describeVariants(summaries)],
    );
  }
  return ExitCode.done;
}

/** Adds `bench` to the program: compares ways to set the sandbox up, or the values of one setting. */
export function registerBench(program: Command): void {
  const number = (flags: string, description: string, most: number, fallback: number) =>
    new Option(flags, description).argParser(wholeNumber(most)).default(fallback);
  program
    .command('bench')
    .description(
      'Measure what tracing costs: the sandbox as shipped, untraced, and as tutorials have it. Takes minutes.',
    )
    .addOption(number('--rounds <rounds>', 'how often each is measured, in turn', 50, 5))
    .addOption(number('--seconds <seconds>', 'how long a round is', 600, 10))
    .addOption(number('--warm <seconds>', 'load on each before the first round', 600, 20))
    .addOption(number('--saturation <seconds>', 'the last load, on the first and the last of them', 3600, 60))
    .addOption(number('--concurrency <connections>', 'connections, each with one request at a time', 256, 16))
    .addOption(
      new Option('--sweep [setting]', `try several values of a setting instead, or of each in turn`).choices(
        Object.keys(sweeps),
      ),
    )
    .addOption(jsonOption())
    .action(async (options: BenchCommandOptions) => {
      process.exitCode = await bench(options);
    });
}
