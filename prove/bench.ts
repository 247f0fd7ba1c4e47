import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { ExitCode } from '../sandbox/cli/exit-code.js';
import { jsonOption, numberOption } from '../sandbox/cli/options.js';
import { root } from '../sandbox/cli/project.js';

import { spansByService } from '../sandbox/verdict/shape.js';
import { type BenchOptions, runBench, runSweep } from './bench/bench.js';
import { describeBench, describeVariants } from './bench/bench-report.js';
import { describeMachine } from './bench/machine.js';
import { benchVariants, sweeps } from './bench/variants.js';
import { sayWithTime } from './progress.js';
import { requestShape } from './request-shape.js';

interface BenchCommandOptions extends Omit<BenchOptions, 'spansEach' | 'onProgress'> {
  readonly sweep?: string | true;
  readonly json?: true;
}

async function bench({ sweep, json, ...limits }: BenchCommandOptions): Promise<ExitCode> {
  const spansEach = spansByService(await requestShape());
  const options: BenchOptions = { ...limits, spansEach, onProgress: sayWithTime };
  const machine = await describeMachine();
  const print = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n\n`);
  if (sweep === undefined) {
    const measured = await runBench(benchVariants(join(root, 'dist/prove/bench/tutorial-app.js')), options);
    print(json ? [JSON.stringify({ machine, ...measured }, null, 2)] : [machine, '', ...describeBench(measured)]);
    return measured.saturation.ledger.total.missing > 0 ? ExitCode.incompleteTrace : ExitCode.done;
  }
  for (const [setting, variants] of Object.entries(sweeps)) {
    if (sweep !== true && sweep !== setting) continue;
    const summaries = await runSweep(variants, options);
    const described = [`### ${setting}`, '', machine, '', ...describeVariants(summaries)];
    print(json ? [JSON.stringify({ machine, setting, summaries })] : described);
  }
  return ExitCode.done;
}

/** Adds `bench` to the program: it compares set-ups of the sandbox, or the values of one setting. */
export function registerBench(program: Command): void {
  program
    .command('bench')
    .description(
      'Measure what tracing costs: compare the sandbox with tracing off, and with the settings of tutorials.',
    )
    .addOption(numberOption('--rounds <rounds>', 'rounds; each measures every set-up once', 50, 5))
    .addOption(numberOption('--seconds <seconds>', 'length of a round', 600, 10))
    .addOption(numberOption('--warm <seconds>', 'load on each set-up before the first round', 600, 20))
    .addOption(
      numberOption('--saturation <seconds>', 'length of the last load, on the first and the last set-up', 3600, 60),
    )
    .addOption(numberOption('--concurrency <connections>', 'connections; each sends one request at a time', 256, 16))
    .addOption(
      new Option('--sweep [setting]', 'compare several values of one setting, or of each setting in turn').choices(
        Object.keys(sweeps),
      ),
    )
    .addOption(jsonOption())
    .action(async (options: BenchCommandOptions) => {
      process.exitCode = await bench(options);
    });
}
