import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, runTool } from './installing.js';
import { lastLogLines, startProcess } from './managed-process.js';
import { freePorts } from './ports.js';
import { untilReady } from './until-ready.js';
import { fetchText } from './wait.js';
import { classArchive, planZipkin } from './zipkin-process.js';

/** Longest time to write the archive when the processors are busy. */
const writingSeconds = 120;

/** @returns whether the folder has a class archive, usable or not */
export const hasClasses = (folder: string) => exists(join(folder, classArchive));

/**
 * Asks Java, with the options that Zipkin will have, for its version and whether it can use the folder's class archive.
 * Java ignores an archive silently if a jar, its time, Java itself or an option has changed since the archive was made.
 *
 * @param say called with the reason why an existing archive cannot be used
 * @returns whether there is a usable archive
 * @throws Error if Java is missing or older than 17; the signal's reason when aborted
 * @see https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html
 */
export async function canUseClasses(
  folder: string,
  options: readonly string[],
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<boolean> {
  const instead = 'install a Java runtime, 17 or later, or set ZIPKIN_URL to a running Zipkin';
  const java = (args: readonly string[], tool: { readonly instead: string; readonly folder?: string }) =>
    runTool({ what: 'Zipkin', command: 'java', args: [...args, '-version'], ...tool }, signal);
  const strict = [...options, '-Xshare:on', `-XX:SharedArchiveFile=${classArchive}`, '-cp', 'zipkin.jar'];
  const again = { folder, instead: 'its archive of classes is made again' };
  const used = (await hasClasses(folder)) ? await java(strict, again).catch((error: Error) => error) : undefined;
  const printed = typeof used === 'string' ? used : await java([], { instead });
  const version = /version "(?<all>(?<major>\d+)[^"]*)"/.exec(printed)?.groups;
  if (Number(version?.major ?? 0) < 17) throw new Error(`Zipkin: Java ${version?.all ?? '?'} is too old; ${instead}`);
  if (used instanceof Error) say(used.message);
  return typeof used === 'string';
}

/**
 * Runs Zipkin once and writes the classes that it needs to start and to answer into an AppCDS archive.
 *
 * @throws Error if Zipkin does not get ready, or Java writes no archive; the signal's reason when aborted
 */
export async function recordClasses(folder: string, options: readonly string[], signal?: AbortSignal): Promise<void> {
  const scratch = await mkdtemp(join(folder, 'tmp-'));
  try {
    const made = join(scratch, classArchive);
    const [port = 0] = await freePorts(1);
    const plan = planZipkin({
      name: 'zipkin',
      folder,
      javaOptions: [...options, `-XX:ArchiveClassesAtExit=${made}`],
      environment: {},
      address: { host: '127.0.0.1', port },
      temporaryFolder: scratch,
    });
    const zipkin = await startProcess(plan, join(scratch, 'log'));
    try {
      await untilReady(zipkin, 60, signal);
      await useOnce(`http://127.0.0.1:${port}`);
    } finally {
      if (signal?.aborted) zipkin.kill();
      await zipkin.stop(writingSeconds);
    }
    const how = await zipkin.ended;
    if (how !== 'SIGKILL' && (await exists(made))) return await rename(made, join(folder, classArchive));
    const seen = `${how}: ${lastLogLines(zipkin.logFile, 1)}`;
    throw new Error(`Zipkin: java ended without a class archive, ${seen}; use an OpenJDK with HotSpot, or ZIPKIN_URL`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Sends a Zipkin a span and reads the trace. */
async function useOnce(url: string): Promise<void> {
  const span = { traceId: 'a', id: 'a', timestamp: 1, duration: 1, localEndpoint: { serviceName: 'warm' } };
  await fetch(`${url}/api/v2/spans`, { method: 'POST', body: JSON.stringify([span]) });
  await fetchText(`${url}/api/v2/trace/a`);
}
