import type { Command } from 'commander';
import { allHeaderRecords, recordsOf, withHeaderLogs } from '../observe/header-log.js';
import { arrangeRecords, headerPointsOf, labelOfPoint } from '../observe/header-points.js';
import { sendTraced } from '../observe/send.js';
import { layOutHeaders } from '../picture/header-table.js';
import { wayOf } from '../topology/request-way.js';
import { findSandbox } from '../topology/running-sandbox.js';
import { waitFor } from '../topology/wait.js';
import { ExitCode, exiting } from './exit-code.js';
import { headerOption, jsonOption, pathArgument, type RequestOptions } from './options.js';
import { cache, root } from './project.js';
import { printJson, printLines, terminal } from './terminal.js';

type HeadersOptions = Pick<RequestOptions, 'header' | 'json'>;

async function headers(given: string | undefined, { header: sent, json }: HeadersOptions): Promise<ExitCode> {
  const sandbox = await findSandbox(root, cache, process.env);
  const path = given ?? sandbox.model.firstPath;
  const url = new URL(sandbox.frontUrl + path);
  const { hop } = wayOf(sandbox.model, path);
  const points = hop ? headerPointsOf(hop) : [];
  const { answer, ordered, missing } = await withHeaderLogs(sandbox, async () => {
    const answer = await sendTraced({ url, method: 'GET', headers: sent });
    const { requestId } = answer;
    if (!requestId)
      throw new Error(`the answer of ${url} has no x-request-id, so the headers of its hops cannot be found`);
    const read = async () => arrangeRecords(points, recordsOf(await allHeaderRecords(sandbox), answer));
    const attempt = async () => {
      const found = await read();
      if (found.missing.length > 0 || found.ordered.length === 0) throw new Error('some are not there');
      return found;
    };
    const found = await waitFor('the records of every hop', attempt, { seconds: 20, everyMs: 300 }).catch(read);
    return { answer, ...found };
  });
  const columns = [
    { label: 'you sent', headers: sent },
    ...ordered.map((record) => ({ label: labelOfPoint(record), headers: record.headers })),
  ];
  if (json) printJson({ ...answer, hops: columns });
  else printLines(layOutHeaders(columns, terminal(process.stdout)));
  if (missing.length === 0) return ordered.length > 0 ? ExitCode.done : ExitCode.incompleteTrace;
  const labels = missing.map(labelOfPoint).join(', ');
  process.stderr.write(
    `sandbox: no headers were seen at ${labels}; run 'npm run verify' to see how far the request got\n`,
  );
  return ExitCode.incompleteTrace;
}

/** Adds `headers` to the program: it shows the trace headers of one request at every hop. */
export function registerHeaders(program: Command): void {
  program
    .command('headers')
    .description('Send one request and show its trace headers at each hop of the running sandbox.')
    .addArgument(pathArgument())
    .addOption(headerOption())
    .addOption(jsonOption())
    .action(exiting(headers));
}
