import type { Command } from 'commander';
import { type HopRecord, headerRecords, withHeaderLogs } from '../observe/header-log.js';
import { sendTraced } from '../observe/send.js';
import { layOutHeaders } from '../picture/header-table.js';
import { findSandbox } from '../topology/running-sandbox.js';
import { waitFor } from '../topology/wait.js';
import { ExitCode, UsageError } from './exit-code.js';
import { cache, root } from './project.js';
import { headerOption } from './request-options.js';
import { jsonOption } from './targets.js';
import { terminal } from './terminal.js';

/** In the order in which `/trace/1` passes; `/trace/2` passes some of them. */
const hops: readonly Omit<HopRecord, 'headers' | 'requestId'>[] = [
  { at: 'front-proxy', listener: 'edge', direction: 'out' },
  { at: 'service1', listener: 'ingress', direction: 'out' },
  { at: 'service1-app', direction: 'in' },
  { at: 'service1-app', direction: 'out' },
  { at: 'service1', listener: 'egress', direction: 'out' },
  { at: 'service2', listener: 'ingress', direction: 'out' },
  { at: 'service2-app', direction: 'in' },
];

const labelOf = ({ at, listener, direction }: (typeof hops)[number]) =>
  `${listener ? `${at} ${listener}` : at} ${direction}`;

function inOrder(records: readonly HopRecord[]): HopRecord[] {
  return hops.flatMap((hop) => records.filter((record) => labelOf(record) === labelOf(hop)));
}

async function headers(path: string, sent: Record<string, string>, json: boolean): Promise<ExitCode> {
  if (!path.startsWith('/')) throw new UsageError(`'${path}' is no path; give one like /trace/1`);
  const sandbox = await findSandbox(root, cache, process.env);
  const url = new URL(sandbox.frontUrl + path);
  const { answer, records } = await withHeaderLogs(sandbox, async () => {
    const answer = await sendTraced({ url, method: 'GET', headers: sent });
    const { requestId } = answer;
    if (!requestId) throw new Error(`${url} answered no x-request-id, by which the hops' records are found`);
    const expected = hops.length - (path === '/trace/1' ? 0 : 4);
    const attempt = async () => {
      const found = inOrder(await headerRecords(sandbox, requestId));
      if (found.length < expected) throw new Error(`${found.length} of ${expected} records`);
      return found;
    };
    const records = await waitFor('the records of every hop', attempt, { seconds: 20, everyMs: 300 }).catch(async () =>
      inOrder(await headerRecords(sandbox, requestId)),
    );
    return { answer, records };
  });
  const caller = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]));
  const columns = [
    { label: 'you sent', headers: caller },
    ...records.map((record) => ({ label: labelOf(record), headers: record.headers })),
  ];
  if (json) process.stdout.write(`${JSON.stringify({ ...answer, hops: columns }, null, 2)}\n`);
  else process.stdout.write(`${layOutHeaders(columns, terminal(process.stdout)).join('\n')}\n`);
  return records.length > 0 ? ExitCode.done : ExitCode.incompleteTrace;
}

/** Adds `headers` to the program: the trace headers of one request at every hop. */
export function registerHeaders(program: Command): void {
  program
    .command('headers')
    .description('Send one request and show the trace headers that every hop of the running sandbox saw.')
    .argument('[path]', 'what to ask for', '/trace/1')
    .addOption(headerOption())
    .addOption(jsonOption())
    .action(async (path: string, options: { readonly header: Record<string, string>; readonly json?: true }) => {
      process.exitCode = await headers(path, options.header, options.json ?? false);
    });
}
