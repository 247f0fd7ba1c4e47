import type { ListrTask } from 'listr2';
import { installEnvoy, installZipkin, zipkinOfYourOwn } from '../topology/download-parts.js';
import { NativeSandbox } from '../topology/native-sandbox.js';
import { buildApp, type OwnApp, overridesOf } from '../topology/own-apps.js';
import { fetchText, waitFor } from '../topology/wait.js';
import type { Span } from '../trace/span.js';
import { firstTrace } from './first-trace.js';
import { runTasks } from './progress.js';
import { cache, root } from './project.js';
import type { Progress } from './start-progress.js';

const install: ListrTask<Progress>[] = [
  {
    title: 'Envoy',
    task: async (progress) => {
      progress.envoyBinary = await installEnvoy(root, cache, process.env, progress.signal);
    },
  },
  {
    title: 'Zipkin',
    task: async (progress) => {
      const options = { signal: progress.signal, trusting: true };
      progress.zipkinFolder = await installZipkin(progress.model, cache, process.env, options);
    },
  },
  {
    title: 'Build your own app, if it has changed',
    enabled: ({ ownApps }) => ownApps.some(({ build }) => build),
    task: async ({ ownApps, signal }, task) => {
      const say = (line: string) => {
        task.output = line;
      };
      for (const app of ownApps) await buildApp(app, say, signal); // one app may stand in both places
    },
  },
];

async function prepare({
  model,
  ownApps,
  watched,
  signal,
  envoyBinary,
  zipkinFolder,
}: Progress): Promise<NativeSandbox> {
  signal.throwIfAborted();
  const zipkinUrl = zipkinOfYourOwn(process.env);
  const answers = () => fetchText(`${zipkinUrl}/health`);
  if (zipkinUrl) await waitFor(`ZIPKIN_URL ${zipkinUrl}`, answers, { seconds: 10, signal });
  const parts = { model, envoyBinary, zipkinFolder, overrides: overridesOf(ownApps, watched) };
  return NativeSandbox.prepare(root, cache, process.env, parts);
}

/** A Zipkin that does not start may have an archive of classes that Java cannot use. Then it makes a new archive. */
const startZipkin = (sandbox: NativeSandbox, name: string): ListrTask<Progress> => ({
  title: name,
  task: async ({ model, signal }, task) => {
    try {
      await sandbox.start(name, signal);
    } catch (error) {
      signal.throwIfAborted();
      const reasons: string[] = [];
      await installZipkin(model, cache, process.env, { signal, say: (line) => reasons.push(line) });
      if (reasons.length === 0) throw error; // its archive of classes is usable
      task.output = reasons.join(' ');
      await sandbox.start(name, signal);
    }
  },
  rendererOptions: { persistentOutput: true },
});

/** The error about a service, with what its app must do if that is the user's own. */
function failure(ownApps: readonly OwnApp[], name: string, message: string, must: string): Error {
  const own = ownApps.find(({ service }) => service === name);
  return new Error(own ? `${message}; ${own.variable}: ${own.file} must ${must}` : message);
}

const startService = (sandbox: NativeSandbox, name: string): ListrTask<Progress> => ({
  title: name,
  task: async ({ ownApps, signal }) => {
    await sandbox.start(name, signal).catch(({ message }: Error) => {
      signal.throwIfAborted();
      throw failure(ownApps, name, message, 'listen on HOST and PORT and answer GET /health with 200');
    });
  },
});

/** Zipkin takes longest to start and needs more than one core, so the others start one after the other beside it. */
function startAll(sandbox: NativeSandbox, { model, zipkinFolder }: Progress): ListrTask<Progress>[] {
  const services = model.services.map(({ name }) => startService(sandbox, name));
  if (!zipkinFolder) return services;
  const inTurn: ListrTask<Progress> = {
    title: 'Envoys and apps',
    task: (_, task) => task.newListr(services, { concurrent: false }),
  };
  return [startZipkin(sandbox, model.collector.service), inTurn];
}

async function traceFirstRequest(sandbox: NativeSandbox, { model, ownApps, signal }: Progress): Promise<Span[]> {
  const over = new AbortController();
  const died = sandbox.firstDeath().then(({ name, line }) => {
    over.abort();
    throw failure(ownApps, name, line, 'keep running after a request');
  });
  return Promise.race([firstTrace(sandbox.plan, model, AbortSignal.any([signal, over.signal])), died]);
}

const tasks: ListrTask<Progress>[] = [
  { title: 'Install Envoy and Zipkin', task: (_, task) => task.newListr(install, { concurrent: true }) },
  {
    title: 'Start the processes',
    task: async (progress, task) => {
      progress.sandbox = await prepare(progress);
      return task.newListr(startAll(progress.sandbox, progress), { concurrent: true });
    },
  },
  {
    // Sent before Zipkin is up, its reports would wait for the Envoys' next try: 0.6 to 2.8 s after Zipkin, not 0.4 to 0.5.
    title: 'Send a first request and wait for its trace',
    task: async (progress) => {
      if (progress.sandbox) progress.spans = await traceFirstRequest(progress.sandbox, progress);
    },
  },
];

/**
 * Installs what is missing, starts everything, waits until it is ready, and traces the first request.
 *
 * @throws Error of one line if a part cannot be installed or does not get ready, or the trace is not whole; everything
 *   has ended then
 */
export async function bringUp(progress: Progress): Promise<NativeSandbox> {
  try {
    await runTasks(tasks, progress);
    if (!progress.sandbox) throw new Error('the sandbox was not prepared');
    return progress.sandbox;
  } catch (error) {
    progress.sandbox?.kill(); // no request is in flight yet
    await progress.sandbox?.stop();
    throw error;
  }
}
