import type { Command } from 'commander';
import { ExitCode, UsageError } from '../sandbox/cli/exit-code.js';
import { jsonOption, numberOption } from '../sandbox/cli/options.js';

import { terminal } from '../sandbox/cli/terminal.js';
import { wrapLine } from '../sandbox/picture/terminal-text.js';
import { withControl } from './control/with-control.js';
import { type FaultCase, faultCases } from './faults/cases.js';
import { faultTable, findings } from './faults/report.js';
import { type CaseResult, runCase } from './faults/run-case.js';
import { requestShape } from './request-shape.js';

interface FaultOptions {
  readonly rate: number;
  readonly compose?: true;
  readonly list?: true;
  readonly json?: true;
}

function chooseCases(names: readonly string[], mode: 'native' | 'compose'): FaultCase[] {
  const known = faultCases.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown) throw new UsageError(`no fault '${unknown}'; there are ${known.join(', ')}`);
  return faultCases.filter(({ name, only }) => (names.length === 0 || names.includes(name)) && (only ?? mode) === mode);
}

async function faults(names: readonly string[], options: FaultOptions): Promise<ExitCode> {
  const cases = chooseCases(names, options.compose ? 'compose' : 'native');
  if (options.list) {
    const { wrapAt } = terminal(process.stdout);
    const lines = cases.flatMap(({ name, title }) => wrapLine(`${name.padEnd(22)} ${title}`, wrapAt, 23));
    process.stdout.write(`${lines.join('\n')}\n`);
    return ExitCode.done;
  }
  const shape = await requestShape();
  const results = await withControl(options.compose ?? false, async (control) => {
    const done: CaseResult[] = [];
    for (const fault of cases) {
      process.stderr.write(`${fault.title}…\n`);
      done.push(await runCase(control, fault, options.rate, shape));
    }
    return done;
  });
  const wrong = results.flatMap((result) => findings(result).map((line) => `${result.fault.name}: ${line}`));
  if (options.json) process.stdout.write(`${JSON.stringify({ results, findings: wrong }, replaceMaps, 2)}\n`);
  else process.stdout.write(`\n${faultTable(results)}\n`);
  if (wrong.length === 0) return ExitCode.done;
  throw new Error(`not as expected: ${wrong.join('; ')}`);
}

const replaceMaps = (_: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value);

/** Adds `faults` to the program: it injects each fault while requests are sent, and reports what it cost. */
export function registerFaults(program: Command): void {
  program
    .command('faults')
    .description(
      'Inject faults under load and print what callers saw, how long recovery took and which spans were lost.',
    )
    .argument('[faults...]', 'names of the faults to inject (default: all)')
    .addOption(numberOption('--rate <number>', 'requests a second', 200, 20))
    .option('--compose', 'use the running Compose project; otherwise start a native sandbox')
    .option('--list', 'print the names and what they mean, and inject nothing')
    .addOption(jsonOption())
    .action(async (names: string[], options: FaultOptions) => {
      process.exitCode = await faults(names, options);
    });
}
