import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { withBlocks } from '../sizing/document.js';
import { measure } from '../sizing/measure.js';
import { type Measured, readMeasured, writeMeasured } from '../sizing/measured.js';
import { samplingFor, sizeOf, usual } from '../sizing/sizing.js';
import { measuredTable, sizingLines, sizingTable } from '../sizing/table.js';
import { findSandbox } from '../topology/running-sandbox.js';
import { ExitCode, UsageError } from './exit-code.js';
import { cache, root } from './project.js';
import { jsonOption } from './targets.js';

interface SizeOptions {
  readonly requests?: number;
  readonly sampling?: number;
  readonly storeNodes?: number;
  readonly days: number;
  readonly copies: number;
  readonly measure?: true;
  readonly seconds: number;
  readonly json?: true;
}

const page = 'docs/growing.md';

function numberFrom(least: number, most: number) {
  return (text: string): number => {
    const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most))
      throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
    return number;
  };
}

async function fillIn(measured: Measured): Promise<void> {
  const file = join(root, page);
  const blocks = { measured: measuredTable(measured), sizing: sizingTable(measured) };
  await writeFile(file, withBlocks(await readFile(file, 'utf8'), blocks));
}

async function measureAnew({ seconds, json }: SizeOptions): Promise<ExitCode> {
  const sandbox = await findSandbox(root, cache, process.env);
  const onProgress = (text: string): void => {
    if (!json) process.stdout.write(`${text}\n`);
  };
  const measured = await measure(sandbox, { root, seconds, onProgress });
  const file = await writeMeasured(root, measured);
  await fillIn(measured);
  process.stdout.write(
    json
      ? `${JSON.stringify(measured, null, 2)}\n`
      : `\n${measuredTable(measured)}\n\nwritten to ${file} and ${page}\n`,
  );
  return ExitCode.done;
}

async function size(options: SizeOptions): Promise<ExitCode> {
  if (options.measure) return measureAnew(options);
  const measured = await readMeasured(root);
  const { requests, days, copies, storeNodes, json } = options;
  if (requests === undefined) {
    process.stdout.write(
      json ? `${JSON.stringify(measured, null, 2)}\n` : `${measuredTable(measured)}\n\n${sizingTable(measured)}\n`,
    );
    return ExitCode.done;
  }
  const demand = { ...usual, days, copies, requestsPerSecond: requests };
  const sampling =
    storeNodes === undefined ? (options.sampling ?? 100) / 100 : samplingFor(measured, demand, storeNodes);
  if (sampling === 0) {
    throw new UsageError(
      `${storeNodes} Cassandra nodes are too few for ${requests} requests/s and ${copies} copies at any sampling rate`,
    );
  }
  const sizing = sizeOf(measured, { ...demand, sampling });
  const text = json
    ? JSON.stringify({ demand: { ...demand, sampling }, ...sizing }, null, 2)
    : sizingLines(requests, sampling, sizing).join('\n');
  process.stdout.write(`${text}\n`);
  return ExitCode.done;
}

/** Adds `size` to the program: what a number of requests a second takes, from what was measured here. */
export function registerSize(program: Command): void {
  program
    .command('size')
    .description('Say what so many requests a second take: pods, spans, Cassandra nodes. Without options: a table.')
    .addOption(new Option('--requests <n>', 'requests a second at the busiest time').argParser(numberFrom(1, 1e9)))
    .addOption(
      new Option('--sampling <percent>', 'how many of them are traced (default: 100)')
        .argParser(numberFrom(0.01, 100))
        .conflicts('storeNodes'),
    )
    .addOption(
      new Option('--store-nodes <n>', 'find the sampling rate that so many Cassandra nodes take').argParser(
        numberFrom(1, 1e5),
      ),
    )
    .addOption(new Option('--days <n>', 'how long spans are kept').argParser(numberFrom(0.1, 3650)).default(usual.days))
    .addOption(
      new Option('--copies <n>', 'copies of each span in Cassandra').argParser(numberFrom(1, 10)).default(usual.copies),
    )
    .option('--measure', `load the Compose sandbox with Cassandra, and write what was measured to ${page}`)
    .addOption(new Option('--seconds <n>', 'of each load of --measure').argParser(numberFrom(5, 3600)).default(30))
    .addOption(jsonOption())
    .action(async (options: SizeOptions) => {
      process.exitCode = await size(options);
    });
}
