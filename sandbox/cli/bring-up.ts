import { Listr, ListrLogger, type ListrLogLevels } from 'listr2';
import { quietSandboxMs, traceRequest } from '../observe/collect.js';
import { ZipkinClient } from '../observe/zipkin-client.js';
import { zipkinIn } from '../topology/compose-file.js';
import { envoyBinaryOf, installEnvoy, zipkinFolderOf } from '../topology/download-parts.js';
import { installZipkinFor, NativeSandbox, zipkinOfYourOwn } from '../topology/native-sandbox.js';
import { appsOfYourOwn, buildApp, overridesOf } from '../topology/own-apps.js';
import { readTopology } from '../topology/read-topology.js';
import { fetchText, waitFor } from '../topology/wait.js';
import type { Span } from '../trace/span.js';
import { countExpected } from '../verdict/shape.js';
import { cache, root } from './project.js';
import { ownShape } from './targets.js';

/**
 * Sends the first request, sampled whatever the rate, again for ten seconds where it is answered with a 5xx, and waits
 * for its trace: the whole one, unless an app is the user's own; or until the sandbox is over.
 */
async function firstTrace(
  { frontUrl, zipkinUrl }: NativeSandbox['plan'],
  ownApp: boolean,
  over: AbortSignal,
): Promise<Span[]> {
  const url = new URL(`${frontUrl}/trace/1`);
  const shape = await ownShape(url.pathname);
  const request = { url, method: 'GET', headers: { 'x-b3-sampled': '1' } };
  const expected = shape ? countExpected(shape) : 1;
  const enough = ({ length }: readonly Span[]) => length >= expected;
  const send = async () => {
    const sent = await traceRequest(new ZipkinClient(zipkinUrl), request, ({ status }) => ({
      limitMs: status === 200 ? 20_000 : 0,
      signal: over,
      ...(ownApp ? { quietMs: quietSandboxMs } : { enough }),
    }));
    if (sent.answer.status >= 500) throw new Error(`it answered ${sent.answer.status}`);
    return sent;
  };
  const { answer, spans } = await waitFor(`GET ${url}`, send, { seconds: 10, everyMs: 250, signal: over });
  if (answer.status !== 200 || !shape) {
    throw new Error(`${url} answered ${answer.status}, trace id ${answer.traceId ?? 'none'}`);
  }
  over.throwIfAborted();
  if (spans.length < (ownApp ? 1 : expected))
    throw new Error(`trace ${answer.traceId}: ${spans.length} of ${expected} spans came to Zipkin`);
  return spans;
}

/** How far `start` has come; it is filled as the parts are there. */
export interface Progress {
  sandbox: NativeSandbox | undefined;
  spans: Span[];
}

/** Progress where no terminal is: a line a step. The reason of a failure is for stderr, and is printed there once. */
class ProgressLines extends ListrLogger<ListrLogLevels> {
  override log(level: ListrLogLevels, message: string): void {
    super.log(level, message);
  }
}

/**
 * Installs what is missing, starts everything, waits until it serves, and traces the first request.
 *
 * @throws Error of one line where a part cannot be had, does not serve, or the trace is not whole; all has ended then
 */
export async function bringUp(progress: Progress, signal: AbortSignal): Promise<NativeSandbox> {
  const zipkinUrl = zipkinOfYourOwn(process.env);
  const services = await readTopology(root, process.env);
  const ownApps = await appsOfYourOwn(services, process.env);
  const install = [
    {
      title: 'Envoy',
      task: async () => {
        await installEnvoy(cache, process.env, signal);
      },
    },
    {
      title: 'Zipkin',
      task: async (_: Progress, task: { output: string }) => {
        const say = (line: string) => {
          task.output = line;
        };
        await installZipkinFor(services, cache, process.env, { signal, say });
      },
      rendererOptions: { persistentOutput: true },
    },
    ...(ownApps.some(({ build }) => build)
      ? [
          {
            title: 'Your own app: built, where anything has changed',
            task: async (_: Progress, task: { output: string }) => {
              const say = (line: string) => {
                task.output = line;
              };
              for (const app of ownApps) await buildApp(app, say, signal); // one of them may stand in both places
            },
            rendererOptions: {},
          },
        ]
      : []),
  ];
  const prepare = async () => {
    const shell = Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
    );
    const zipkinFolder = zipkinUrl ? undefined : await zipkinFolderOf(cache, process.env);
    const parts = { services, envoyBinary: envoyBinaryOf(cache, process.env), zipkinFolder };
    return NativeSandbox.prepare(root, cache, process.env, { ...parts, overrides: overridesOf(ownApps), shell });
  };
  const prepared = prepare(); // beside the parts: Java takes as long to answer
  prepared.catch(() => undefined); // told where it is awaited
  const tasksOf = (sandbox: NativeSandbox, isWanted: (name: string) => boolean) =>
    sandbox.plan.processes
      .filter(({ name }) => isWanted(name))
      .map(({ name }) => ({
        title: name,
        task: async () => {
          await sandbox.start(name, signal).catch((error: Error) => {
            const own = ownApps.find(({ service }) => service === name);
            if (!own || signal.aborted) throw error;
            const wanted = 'listen on HOST and PORT and answer GET /health with 200';
            throw new Error(`${error.message}; ${own.variable}: ${own.file} must ${wanted}`);
          });
        },
      }));
  const tasks = new Listr<Progress>(
    [
      {
        title: 'Parts: from the cache, or downloaded and verified',
        task: (_, task) => task.newListr(install, { concurrent: true }),
      },
      {
        title: 'Processes: started, until each serves',
        task: async (_, task) => {
          signal.throwIfAborted();
          const sandbox = await prepared;
          progress.sandbox = sandbox;
          const answers = () => fetchText(`${zipkinUrl}/health`);
          if (zipkinUrl) await waitFor(`ZIPKIN_URL ${zipkinUrl}`, answers, { seconds: 10, signal });
          const zipkin = tasksOf(sandbox, (name) => name === zipkinIn(services)?.name);
          const others = tasksOf(sandbox, (name) => name !== zipkinIn(services)?.name);
          const title = 'Envoys and apps';
          // Zipkin starts for longest and keeps more than one core busy: beside it the others come one after the other.
          return task.newListr(
            [...zipkin, { title, task: (_, inner) => inner.newListr(others, { concurrent: zipkin.length === 0 }) }],
            { concurrent: true },
          );
        },
      },
      {
        title: 'First request: sent, until its trace is whole',
        task: async () => {
          if (!progress.sandbox) return;
          const over = new AbortController();
          const died = progress.sandbox.firstDeath().then((line) => {
            over.abort();
            throw new Error(line);
          });
          const traced = firstTrace(progress.sandbox.plan, ownApps.length > 0, AbortSignal.any([signal, over.signal]));
          progress.spans = await Promise.race([traced, died]);
        },
      },
    ],
    {
      fallbackRenderer: 'simple',
      fallbackRendererOptions: { logger: new ProgressLines({ useIcons: true }) },
      rendererOptions: { collapseSubtasks: false, collapseErrors: false, showErrorMessage: false },
      registerSignalListeners: false,
    },
  );
  try {
    await tasks.run();
    if (!progress.sandbox) throw new Error('the sandbox was not prepared');
    return progress.sandbox;
  } catch (error) {
    progress.sandbox?.kill(); // nothing is in flight yet
    await progress.sandbox?.stop();
    throw error;
  }
}
