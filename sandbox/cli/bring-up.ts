import { Listr, ListrLogger, type ListrLogLevels } from 'listr2';
import { zipkinIn } from '../topology/compose-file.js';
import { installEnvoy } from '../topology/download-parts.js';
import { installZipkinFor, NativeSandbox, zipkinOfYourOwn } from '../topology/native-sandbox.js';
import { appsOfYourOwn, buildApp, overridesOf } from '../topology/own-apps.js';
import { readTopology } from '../topology/read-topology.js';
import { fetchText, waitFor } from '../topology/wait.js';
import type { Span } from '../trace/span.js';
import { firstTrace } from './first-trace.js';
import { cache, root } from './project.js';
import { canOverwrite } from './terminal.js';

/** The progress of `start`. Its parts are set as they become available. */
export interface Progress {
  sandbox: NativeSandbox | undefined;
  spans: Span[];
}

/** Progress without a terminal: one line for each step. A failure's reason goes to stderr, once. */
class ProgressLines extends ListrLogger<ListrLogLevels> {
  override log(level: ListrLogLevels, message: string): void {
    super.log(level, message);
  }
}

/**
 * Installs what is missing, starts everything, waits until it is ready, and traces the first request.
 *
 * @throws Error of one line if a part cannot be installed or does not get ready, or the trace is not whole; everything
 *   has ended then
 */
export async function bringUp(progress: Progress, signal: AbortSignal): Promise<NativeSandbox> {
  const zipkinUrl = zipkinOfYourOwn(process.env);
  const services = await readTopology(root, process.env);
  const ownApps = await appsOfYourOwn(services, process.env);
  let envoyBinary = '';
  let zipkinFolder: string | undefined;
  const install = [
    {
      title: 'Envoy',
      task: async () => {
        envoyBinary = await installEnvoy(root, cache, process.env, signal);
      },
    },
    {
      title: 'Zipkin',
      task: async () => {
        zipkinFolder = await installZipkinFor(services, cache, process.env, { signal, trusting: true });
      },
    },
    ...(ownApps.some(({ build }) => build)
      ? [
          {
            title: 'Build your own app, if it has changed',
            task: async (_: Progress, task: { output: string }) => {
              const say = (line: string) => {
                task.output = line;
              };
              for (const app of ownApps) await buildApp(app, say, signal); // one app may stand in both places
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
    const parts = { services, envoyBinary, zipkinFolder, overrides: overridesOf(ownApps), shell };
    const sandbox = await NativeSandbox.prepare(root, cache, process.env, parts);
    progress.sandbox = sandbox;
    return sandbox;
  };
  /** A Zipkin that does not start may have an archive of classes that Java cannot use. Then it makes a new archive. */
  const startZipkin = async (sandbox: NativeSandbox, name: string, say: (line: string) => void) => {
    try {
      await sandbox.start(name, signal);
    } catch (error) {
      signal.throwIfAborted();
      const reasons: string[] = [];
      await installZipkinFor(services, cache, process.env, { signal, say: (line) => reasons.push(line) });
      if (reasons.length === 0) throw error; // its archive of classes is usable
      say(reasons.join(' '));
      await sandbox.start(name, signal);
    }
  };
  const startService = async (sandbox: NativeSandbox, name: string) => {
    await sandbox.start(name, signal).catch((error: Error) => {
      const own = ownApps.find(({ service }) => service === name);
      if (!own || signal.aborted) throw error;
      const wanted = 'listen on HOST and PORT and answer GET /health with 200';
      throw new Error(`${error.message}; ${own.variable}: ${own.file} must ${wanted}`);
    });
  };
  const tasks = new Listr<Progress>(
    [
      {
        title: 'Install Envoy and Zipkin',
        task: (_, task) => task.newListr(install, { concurrent: true }),
      },
      {
        title: 'Start the processes',
        task: async (_, task) => {
          signal.throwIfAborted();
          const sandbox = await prepare();
          const answers = () => fetchText(`${zipkinUrl}/health`);
          if (zipkinUrl) await waitFor(`ZIPKIN_URL ${zipkinUrl}`, answers, { seconds: 10, signal });
          const names = sandbox.plan.processes.map(({ name }) => name);
          const [zipkin] = names.filter((name) => name === zipkinIn(services)?.name);
          const others = names
            .filter((name) => name !== zipkin)
            .map((title) => ({ title, task: () => startService(sandbox, title) }));
          if (!zipkin) return task.newListr(others, { concurrent: true });
          return task.newListr(
            [
              {
                title: zipkin,
                task: (_, own) =>
                  startZipkin(sandbox, zipkin, (line) => {
                    own.output = line;
                  }),
                rendererOptions: { persistentOutput: true },
              },
              // Zipkin takes longest to start and needs more than one core, so the others start one after the other.
              { title: 'Envoys and apps', task: (_, own) => own.newListr(others, { concurrent: false }) },
            ],
            { concurrent: true },
          );
        },
      },
      {
        title: 'Send a first request and wait for its trace',
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
      fallbackRendererCondition: () => !canOverwrite(process.stdout),
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
    progress.sandbox?.kill(); // no request is in flight yet
    await progress.sandbox?.stop();
    throw error;
  }
}
