import type { Command } from 'commander';
import { allHeaderRecords, recordsOf, withHeaderLogs } from '../observe/header-log.js';
import { arrangeRecords, headerPointsOf, labelOfPoint } from '../observe/header-points.js';
import { sendTraced } from '../observe/send.js';
import { layOutHeaders } from '../picture/header-table.js';
import { wayOf } from '../topology/request-way.js';
import { findSandbox } from '../topology/running-sandbox.js';
import { waitFor } from '../topology/wait.js';
import { ExitCode, UsageError } from './exit-code.js';
import { cache, root } from './project.js';
import { headerOption } from './request-options.js';
import { jsonOption } from './targets.js';
import { terminal } from './terminal.js';

async function headers(path: string, sent: Record<string, string>, json: boolean): Promise<ExitCode> {
  if (!path.startsWith('/')) throw new UsageError(`'${path}' is not a path; give one like /trace/1`);
  const sandbox = await findSandbox(root, cache, process.env);
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
  const caller = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]));
  const columns = [
    { label: 'you sent', headers: caller },
    ...ordered.map((record) => ({ label: labelOfPoint(record), headers: record.headers })),
  ];
  if (json) process.stdout.write(`${JSON.stringify({ ...answer, hops: columns }, null, 2)}\n`);
  else process.stdout.write(`${layOutHeaders(columns, terminal(process.stdout)).join('\n')}\n`);
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
    .argument('[path]', 'the path to request', '/trace/1')
    .addOption(headerOption())
    .addOption(jsonOption())
    .action(async (path: string, options: { readonly header: Record<string, string>; readonly json?: true }) => {
      process.exitCode = await headers(path, options.header, options.json ?? false);
    });
}
