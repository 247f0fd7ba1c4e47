import { zipkinOfYourOwn } from '../topology/download-parts.js';
import { type Model, withOwnApps } from '../topology/model.js';
import type { NativeSandbox } from '../topology/native-sandbox.js';
import { appsOfYourOwn, type OwnApp } from '../topology/own-apps.js';
import { readModel } from '../topology/read-model.js';
import type { Span } from '../trace/span.js';
import { root } from './project.js';

/** The progress of `start`. Its parts are set as they become available. */
export interface Progress {
  readonly model: Model;
  readonly ownApps: readonly OwnApp[];
  /** The services whose app is restarted after an edit. */
  readonly watched: readonly string[];
  readonly signal: AbortSignal;
  envoyBinary: string;
  zipkinFolder: string | undefined;
  sandbox: NativeSandbox | undefined;
  spans: Span[];
}

/**
 * @param signal ends everything
 * @param isWatching whether an edit restarts the apps
 * @throws Error of one line if the files of the topology, or a variable, are wrong
 */
export async function readProgress(signal: AbortSignal, isWatching: boolean): Promise<Progress> {
  zipkinOfYourOwn(process.env);
  const shipped = await readModel(root, process.env);
  const ownApps = await appsOfYourOwn(shipped, process.env);
  const own = ownApps.map(({ service }) => service);
  const watched = isWatching ? shipped.services.flatMap(({ name, app }) => (app ? name : [])) : [];
  const nothing = { envoyBinary: '', zipkinFolder: undefined, sandbox: undefined, spans: [] };
  return { model: withOwnApps(shipped, own), ownApps, watched, signal, ...nothing };
}
