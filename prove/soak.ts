import type { Command } from 'commander';
import { ExitCode } from '../sandbox/cli/exit-code.js';
import { jsonOption, numberOption } from '../sandbox/cli/options.js';
import { loadLimits } from '../sandbox/load/load-plan.js';
import { describeLoad } from '../sandbox/load/report.js';
import { spansByService } from '../sandbox/verdict/shape.js';
import { asShipped } from './control/native-control.js';
import { withControl } from './control/with-control.js';
import { sayWithTime } from './progress.js';
import { requestShape } from './request-shape.js';
import { describeMemory, soak, soakFindings } from './soak/soak.js';

/** The memory of an app whose garbage is collected is what it keeps. */
const collecting = {
  ...asShipped,
  apps: { NODE_OPTIONS: `--import ${new URL('soak/collect-garbage.js', import.meta.url)}` },
};

interface SoakOptions {
  readonly seconds: number;
  readonly rate?: number;
  readonly compose?: true;
  readonly json?: true;
}

async function run({ seconds, rate, compose, json }: SoakOptions): Promise<ExitCode> {
  const plan = { seconds, rate, spansEach: spansByService(await requestShape()), say: sayWithTime };
  const soaked = await withControl(compose ?? false, (control) => soak(control, plan), collecting);
  const findings = soakFindings(soaked);
  const text = [...describeLoad(soaked.load), '', ...describeMemory(soaked.memory)].join('\n');
  process.stdout.write(`${json ? JSON.stringify({ ...soaked, findings }, null, 2) : `\n${text}`}\n`);
  if (soaked.load.ledger.total.missing > 0) return ExitCode.incompleteTrace;
  if (findings.length > 0) throw new Error(`the soak failed: ${findings.join('; ')}`);
  return ExitCode.done;
}

/**
 * Adds `soak` to the program: a long load at half the rate that the sandbox can answer. It accounts for every span and
 * watches the memory.
 */
export function registerSoak(program: Command): void {
  program
    .command('soak')
    .description('Run load for ten minutes and check that no request fails, no span is lost and memory stays level.')
    .addOption(numberOption('-s, --seconds <seconds>', 'length of the load', loadLimits.seconds, 600))
    .addOption(
      numberOption('-r, --rate <requests>', 'requests a second (default: half of the highest rate)', loadLimits.rate),
    )
    .option('--compose', 'use the running Compose project; otherwise start a native sandbox')
    .addOption(jsonOption())
    .action(async (options: SoakOptions) => {
      process.exitCode = await run(options);
    });
}
