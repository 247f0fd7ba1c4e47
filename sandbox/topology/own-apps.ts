import { access, constants, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { exists, runTool } from './installing.js';
import type { Environment } from './interpolation.js';
import type { Model } from './model.js';
import type { NativeParts } from './native-sandbox.js';

/** One of the user's own apps, in the place of one of the sandbox's. */
export interface OwnApp {
  readonly service: string;
  /** The variable that names it, for example SERVICE1_APP. */
  readonly variable: string;
  readonly file: string;
  readonly runtime: string;
  /** The script beside it that builds it; undefined if there is none. */
  readonly build: string | undefined;
}

const runtimes: Readonly<Record<string, string>> = { '.js': 'node', '.mjs': 'node', '.py': 'python3' };

/** Runs a file without a runtime, where start-service expects the name of a runtime. */
const noRuntime = 'env';

const isFolder = (path: string) =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/**
 * Finds the user's own apps: SERVICE1_APP and SERVICE2_APP name their files. A `.js`, `.mjs` or `.py` file is run by
 * its runtime, any other file directly. A folder stands for the script `start` in it. A script `build` beside that one
 * is run first.
 *
 * @param environment with INIT_CWD, the folder in which the user called npm
 * @throws Error that names the variable whose file cannot be read or run
 */
export async function appsOfYourOwn({ services }: Model, environment: Environment): Promise<readonly OwnApp[]> {
  const own = services.flatMap(({ name, app }) => {
    const variable = `${name.toUpperCase()}_APP`;
    const given = app && environment[variable];
    return given ? [{ service: name, variable, given: resolve(environment.INIT_CWD ?? '.', given) }] : [];
  });
  const apps = own.map(async ({ service, variable, given }): Promise<OwnApp> => {
    const file = (await isFolder(given)) ? join(given, 'start') : given;
    const runtime = runtimes[extname(file)];
    await access(file, runtime ? constants.R_OK : constants.X_OK).catch((error: NodeJS.ErrnoException) => {
      const how = runtime ? 'read' : 'run';
      throw new Error(`${variable}: ${file} cannot be ${how} (${error.code}); set it to an app's file or unset it`);
    });
    const build = join(dirname(file), 'build');
    const isBuilt = file === join(dirname(file), 'start') && (await exists(build, constants.X_OK));
    return { service, variable, file, runtime: runtime ?? noRuntime, build: isBuilt ? build : undefined };
  });
  return Promise.all(apps);
}

/**
 * @param watched services whose app is to be restarted after a change of its files; it is if Node runs the app
 * @returns the variables for start-service, by service, for `NativeParts.overrides`
 */
export function overridesOf(
  apps: readonly OwnApp[],
  watched: readonly string[] = [],
): NonNullable<NativeParts['overrides']> {
  const watches = watched.map((service) => [service, { APP_WATCH: 'true' }] as const);
  const own = apps.map(({ service, file, runtime }) => {
    const watch = runtime === 'node' && watched.includes(service) && { APP_WATCH: 'true' };
    return [service, { APP_MAIN: file, APP_RUNTIME: runtime, ...watch }] as const;
  });
  return Object.fromEntries([...watches, ...own]);
}

/** A Maven or Go build downloads hundreds of modules the first time. */
const longestBuildMs = 900_000;

/**
 * Runs the build script of an app.
 *
 * @param onOutput called with each line that it prints
 * @throws Error with its last lines if it fails; they name the missing runtime
 */
export async function buildApp(
  { variable, build }: OwnApp,
  onOutput?: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (build === undefined) return;
  const instead = `run it by hand to see more, or unset ${variable}`;
  const limits = { longestMs: longestBuildMs, ...(onOutput && { onOutput }) };
  await runTool({ what: variable, command: build, args: [], instead, ...limits }, signal);
}
