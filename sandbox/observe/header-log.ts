import { hasOwnApp } from '../topology/model.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { type HeaderRecord, readContext } from '../trace/trace-headers.js';
import type { TracedAnswer } from './send.js';

/**
 * What one hop logged about one request. An Envoy logs the headers that left it, an app those that entered and left.
 */
export interface HopRecord extends HeaderRecord {
  readonly requestId: string | null;
  /** An Envoy's listener: edge, ingress or egress. */
  readonly listener?: string;
  /** The cluster to which an Envoy sent the request. */
  readonly cluster?: string;
}

async function switchHeaderLogs(sandbox: RunningSandbox, on: boolean): Promise<void> {
  const { model } = sandbox;
  const switchable = model.reporters.filter(({ service, part }) => part === 'admin' || !hasOwnApp(model, service));
  const switches = switchable.map(({ service, part }) =>
    part === 'admin'
      ? sandbox.ask(service, part, `/runtime_modify?access_log.headers=${on ? 100 : 0}`, 'POST')
      : sandbox.ask(service, part, `/header-log/${on ? 'on' : 'off'}`, 'POST').catch(() => undefined),
  );
  await Promise.all(switches);
}

/** Runs `work` while every hop of the sandbox logs the trace headers of each request. */
export async function withHeaderLogs<T>(sandbox: RunningSandbox, work: () => Promise<T>): Promise<T> {
  await switchHeaderLogs(sandbox, true);
  try {
    return await work();
  } finally {
    await switchHeaderLogs(sandbox, false);
  }
}

interface LogLine extends Omit<HopRecord, 'direction'> {
  readonly direction?: HopRecord['direction'];
  readonly upstream?: string;
}

function readLine(line: string): HopRecord[] {
  if (!line.startsWith('{"at"')) return [];
  const { at, direction = 'out', requestId, upstream, headers } = JSON.parse(line) as LogLine;
  const [service = at, listener] = at.split(' ');
  const present = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null && value !== '-'));
  const ofEnvoy = { ...(listener && { listener }), ...(upstream && { cluster: upstream }) };
  return [{ at: service, direction, requestId, headers: present, ...ofEnvoy }];
}

/** @returns what the hops logged about all requests, in no order */
export async function allHeaderRecords(sandbox: RunningSandbox): Promise<HopRecord[]> {
  const logs = await Promise.all(sandbox.model.services.map(({ name }) => sandbox.log(name)));
  return logs.flatMap((log) => log.split('\n').flatMap(readLine));
}

/**
 * Finds what the hops logged about one request: by its x-request-id, or by its trace if an app did not forward that id.
 */
export function recordsOf(
  records: readonly HopRecord[],
  { requestId, traceId }: Pick<TracedAnswer, 'requestId' | 'traceId'>,
): HopRecord[] {
  const isOf = (record: HopRecord) =>
    (requestId !== undefined && record.requestId === requestId) ||
    (traceId !== undefined && readContext(record.headers).traceId === traceId);
  return records.filter(isOf);
}
