import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ExitCode, UsageError } from '../sandbox/cli/exit-code.js';
import { cache, root } from '../sandbox/cli/project.js';
import { jsonOption } from '../sandbox/cli/targets.js';
import { terminal } from '../sandbox/cli/terminal.js';
import { wrapLine } from '../sandbox/picture/terminal-text.js';
import { findSandbox } from '../sandbox/topology/running-sandbox.js';
import { parseShape } from '../sandbox/verdict/shape.js';
import { type FaultCase, faultCases } from './faults/cases.js';
import { ComposeControl } from './faults/compose-control.js';
import type { Control } from './faults/control.js';
import { NativeControl } from './faults/native-control.js';
import { expectedSpans } from './faults/outcome.js';
import { faultTable, findings } from './faults/report.js';
import { type CaseResult, runCase } from './faults/run-case.js';

interface FaultOptions {
  readonly rate: number;
  readonly compose?: true;
  readonly list?: true;
  readonly json?: true;
}

const shapeFile = join(root, 'sandbox/shapes/trace-1.yaml');

/** Gives `work` power over a sandbox: one of its own, or the Compose project that runs. */
async function withControl<T>(compose: boolean, work: (control: Control) => Promise<T>): Promise<T> {
  if (compose) {
    const sandbox = await findSandbox(root, cache, process.env);
    if (sandbox.mode !== 'compose') throw new UsageError('a native sandbox runs on this port; stop it for --compose');
    return work(new ComposeControl(root, sandbox));
  }
  const control = await NativeControl.prepare(root, cache, process.env);
  const stop = () => void control.stopAll().then(() => process.exit(ExitCode.failedRun));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await control.startAll();
    return await work(control);
  } finally {
    await control.stopAll();
  }
}

function readRate(text: string): number {
  const rate = Number(text);
  if (!(rate >= 1 && rate <= 200)) throw new InvalidArgumentError('It must be a number from 1 to 200.');
  return rate;
}

function chooseCases(names: readonly string[], mode: Control['mode']): FaultCase[] {
  const known = faultCases.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown) throw new UsageError(`no fault '${unknown}'; there are ${known.join(', ')}`);
  return faultCases.filter(({ name, only }) => (names.length === 0 || names.includes(name)) && (only ?? mode) === mode);
}

async function faults(names: readonly string[], options: FaultOptions): Promise<ExitCode> {
  const cases = chooseCases(names, options.compose ? 'compose' : 'native');
  if (options.list) {
    const { wrapAt } = terminal(process.stdout);
    const lines = faultCases.flatMap(({ name, title }) => wrapLine(`${name.padEnd(22)} ${title}`, wrapAt, 23));
    process.stdout.write(`${lines.join('\n')}\n`);
    return ExitCode.done;
  }
  const expected = expectedSpans(parseShape(await readFile(shapeFile, 'utf8'), shapeFile));
  const results = await withControl(options.compose ?? false, async (control) => {
    const done: CaseResult[] = [];
    for (const fault of cases) {
      process.stderr.write(`${fault.title}…\n`);
      done.push(await runCase(control, fault, options.rate, expected));
    }
    return done;
  });
  const wrong = results.flatMap((result) => findings(result).map((line) => `${result.fault.name}: ${line}`));
  if (options.json) process.stdout.write(`${JSON.stringify({ results, findings: wrong }, replaceMaps, 2)}\n`);
  else process.stdout.write(`\n${faultTable(results).join('\n')}\n`);
  if (wrong.length === 0) return ExitCode.done;
  throw new Error(`not as expected: ${wrong.join('; ')}`);
}

const replaceMaps = (_: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value);

/** Adds `faults` to the program: injects each fault while requests are sent and tells what it cost. */
export function registerFaults(program: Command): void {
  program
    .command('faults')
    .description(
      'Inject faults, each while requests are sent, and print what it cost: a sandbox of its own, or --compose.',
    )
    .argument('[faults...]', 'names of the faults; all where none is given')
    .addOption(new Option('--rate <number>', 'requests a second').argParser(readRate).default(20))
    .option('--compose', 'the Compose project that runs, instead of a native sandbox of its own')
    .option('--list', 'print the names and what they mean; inject nothing')
    .addOption(jsonOption())
    .action(async (names: string[], options: FaultOptions) => {
      process.exitCode = await faults(names, options);
    });
}
