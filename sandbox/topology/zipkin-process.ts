import type { Address } from './addresses.js';
import type { ProcessPlan } from './managed-process.js';
import type { Model } from './model.js';
import { urlOf } from './this-machine.js';

/** The AppCDS archive in the folder of a Zipkin. */
export const classArchive = 'zipkin.jsa';

/** How to run a Zipkin that `installZipkin` has prepared. */
export interface ZipkinRun {
  readonly name: string;
  readonly folder: string;
  /** Options of Java: those of the Compose file, and what to do with the class archive. */
  readonly javaOptions: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The only address on which it listens. */
  readonly address: Address;
  readonly temporaryFolder: string;
}

/** Plans a Zipkin. Java names the jar relative to the folder, because a class archive is valid only for the same name. */
export function planZipkin(run: ZipkinRun): ProcessPlan {
  const { name, folder, javaOptions, environment, address, temporaryFolder } = run;
  const listen = { ip: address.host, port: address.port, 'protocols[0]': 'http' };
  const listenArgs = Object.entries(listen).map(([key, value]) => `--armeria.ports[0].${key}=${value}`);
  return {
    name,
    command: 'java',
    args: [...javaOptions, `-Djava.io.tmpdir=${temporaryFolder}`, '-jar', 'zipkin.jar', ...listenArgs],
    environment,
    workingFolder: folder,
    readyUrls: [`${urlOf(address)}/health`],
  };
}

/** @returns the options of the JAVA_OPTS variable that the start script of Zipkin's image passes on */
export function javaOptionsOf({ collector }: Model): string[] {
  return (collector.environment.JAVA_OPTS ?? '').split(' ').filter(Boolean);
}
