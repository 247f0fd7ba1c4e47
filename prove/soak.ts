import { type Command, Option } from 'commander';
import { ExitCode, UsageError } from '../sandbox/cli/exit-code.js';
import { cache, root } from '../sandbox/cli/project.js';
import { jsonOption, ownShape } from '../sandbox/cli/targets.js';
import { wholeNumber } from '../sandbox/cli/whole-number.js';
import { loadLimits } from '../sandbox/load/load-plan.js';
import { describeLoad } from '../sandbox/load/report.js';
import { spanLimitOf } from '../sandbox/load/span-limit.js';
import { spansByService } from '../sandbox/observe/shape-counts.js';
import { readTopology } from '../sandbox/topology/read-topology.js';
import { findSandbox, type RunningSandbox, readRunRecord } from '../sandbox/topology/running-sandbox.js';
import { NativeControl } from './faults/native-control.js';
import { composeMemory, nativeMemory } from './soak/memory.js';
import { describeMemory, soak, soakFindings } from './soak/soak.js';

interface SoakOptions {
  readonly seconds: number;
  readonly rate?: number;
  readonly compose?: true;
  readonly json?: true;
}

/** Gives `work` a sandbox: one of its own, whose memory nothing else has grown, or the Compose project that runs. */
async function withSandbox<T>(compose: boolean, work: (sandbox: RunningSandbox) => Promise<T>): Promise<T> {
  if (compose) {
    const sandbox = await findSandbox(root, cache, process.env);
    if (sandbox.mode !== 'compose') throw new UsageError('a native sandbox runs on this port; stop it for --compose');
    return work(sandbox);
  }
  const control = await NativeControl.prepare(root, cache, process.env);
  const stop = () => void control.stopAll().then(() => process.exit(ExitCode.failedRun));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await control.startAll();
    return await work(await findSandbox(root, cache, { FRONT_PORT: new URL(control.frontUrl).port }));
  } finally {
    await control.stopAll();
  }
}

async function memoryReader(sandbox: RunningSandbox) {
  if (sandbox.mode === 'compose') return () => composeMemory(root, sandbox);
  const run = await readRunRecord(cache, Number(new URL(sandbox.frontUrl).port));
  return () => nativeMemory(run?.processes ?? {});
}

async function run({ seconds, rate, compose, json }: SoakOptions): Promise<ExitCode> {
  const shape = await ownShape('/trace/1');
  if (!shape) throw new Error('the shape of /trace/1 is not there');
  const spanLimit = spanLimitOf(await readTopology(root, process.env));
  const soaked = await withSandbox(compose ?? false, async (sandbox) =>
    soak(sandbox, {
      seconds,
      rate,
      spansEach: spansByService(shape),
      spanLimit,
      readMemory: await memoryReader(sandbox),
      say: (text) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`),
    }),
  );
  const findings = soakFindings(soaked);
  const text = [...describeLoad(soaked.load), '', ...describeMemory(soaked.memory)].join('\n');
  process.stdout.write(`${json ? JSON.stringify({ ...soaked, findings }, null, 2) : `\n${text}`}\n`);
  if (soaked.load.ledger.total.missing > 0) return ExitCode.incompleteTrace;
  if (findings.length > 0) throw new Error(`the soak failed: ${findings.join('; ')}`);
  return ExitCode.done;
}

/** Adds `soak` to the program: a long load at half of what the sandbox can take, every span accounted for, memory watched. */
export function registerSoak(program: Command): void {
  program
    .command('soak')
    .description('Load a sandbox of its own for long: no request fails, no span is missing, memory levels off.')
    .addOption(
      new Option('-s, --seconds <seconds>', 'how long').argParser(wholeNumber(loadLimits.seconds)).default(600),
    )
    .addOption(
      new Option('-r, --rate <requests>', 'requests a second (default: half of what it answers at most)').argParser(
        wholeNumber(loadLimits.rate),
      ),
    )
    .option('--compose', 'the Compose project that runs, instead of a native sandbox of its own')
    .addOption(jsonOption())
    .action(async (options: SoakOptions) => {
      process.exitCode = await run(options);
    });
}
