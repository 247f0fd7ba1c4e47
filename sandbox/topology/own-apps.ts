import { access, constants } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import type { ComposeService } from './compose-file.js';
import type { NativeInput } from './native-plan.js';

type Environment = Readonly<Record<string, string | undefined>>;

const runtimes: Readonly<Record<string, string>> = { '.js': 'node', '.mjs': 'node', '.py': 'python3' };

/** Runs a file by itself: start-service puts a runtime before it. */
const noRuntime = 'env';

/**
 * Apps of the user's own in the places of the sandbox's: SERVICE1_APP and SERVICE2_APP name their files. A `.js`, `.mjs`
 * or `.py` is run by its runtime, any other file by itself.
 *
 * @param environment with INIT_CWD, the folder in which the user called npm
 * @returns what start-service is told, by service, for `NativeParts.overrides`
 * @throws Error naming the variable whose file cannot be read or run
 */
export async function appsOfYourOwn(
  services: readonly ComposeService[],
  environment: Environment,
): Promise<NonNullable<NativeInput['overrides']>> {
  const own = services.flatMap(({ name, dockerfile }) => {
    const variable = `${name.toUpperCase()}_APP`;
    const file = dockerfile && environment[variable];
    return file ? [{ name, variable, file: resolve(environment.INIT_CWD ?? '.', file) }] : [];
  });
  const told = own.map(async ({ name, variable, file }) => {
    const runtime = runtimes[extname(file)];
    await access(file, runtime ? constants.R_OK : constants.X_OK).catch((error: NodeJS.ErrnoException) => {
      const how = runtime ? 'read' : 'run';
      throw new Error(`${variable}: ${file} cannot be ${how} (${error.code}); set it to an app's file or unset it`);
    });
    return [name, { APP_MAIN: file, APP_RUNTIME: runtime ?? noRuntime }] as const;
  });
  return Object.fromEntries(await Promise.all(told));
}
