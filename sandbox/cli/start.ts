import { Listr } from 'listr2';
import { collectTrace } from '../request/collect.js';
import { sendTraced } from '../request/send.js';
import { installEnvoy } from '../topology/artifacts.js';
import { installZipkinFor, NativeSandbox, readTopology } from '../topology/native-sandbox.js';
import { fetchText, waitFor } from '../topology/wait.js';
import { drawTrace } from '../trace/draw.js';
import { countExpected } from '../trace/shape.js';
import type { Span } from '../trace/span.js';
import { buildTree } from '../trace/tree.js';
import { ZipkinClient } from '../zipkin/client.js';
import { ExitCode } from './exit-code.js';
import { cache, root } from './project.js';
import { ownShape } from './targets.js';
import { terminal } from './terminal.js';

/** Sends the first request and waits for its whole trace. */
async function firstTrace(frontUrl: string, zipkin: ZipkinClient): Promise<Span[]> {
  const url = new URL(`${frontUrl}/trace/1`);
  const shape = await ownShape(url.pathname);
  const { status, traceId } = await sendTraced({ url, method: 'GET', headers: {} });
  if (status !== 200 || !traceId || !shape) throw new Error(`${url} answered ${status}, trace id ${traceId ?? 'none'}`);
  const expected = countExpected(shape);
  const spans = await collectTrace(zipkin, traceId, { enough: ({ length }) => length >= expected, limitMs: 20_000 });
  if (spans.length < expected) throw new Error(`trace ${traceId}: ${spans.length} of ${expected} spans came to Zipkin`);
  return spans;
}

interface Progress {
  envoyBinary: string;
  zipkinFolder: string | undefined;
  sandbox?: NativeSandbox;
  spans: Span[];
}

/** Installs what is missing, starts everything, waits until it serves, and traces the first request. */
async function bringUp(signal: AbortSignal): Promise<{ sandbox: NativeSandbox; spans: Span[] }> {
  const services = await readTopology(root, process.env);
  const install = [
    {
      title: 'Envoy',
      task: async (progress: Progress) => {
        progress.envoyBinary = await installEnvoy(cache, process.env);
      },
    },
    {
      title: 'Zipkin',
      task: async (progress: Progress) => {
        progress.zipkinFolder = await installZipkinFor(services, cache, process.env);
      },
    },
  ];
  const startAll = (sandbox: NativeSandbox) =>
    sandbox.plan.processes.map(({ name }) => ({
      title: name,
      task: async () => {
        await sandbox.start(name, signal);
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
        task: async (progress, task) => {
          progress.sandbox = await NativeSandbox.prepare(root, cache, process.env, { services, ...progress });
          const given = process.env.ZIPKIN_URL;
          if (given) await waitFor(`ZIPKIN_URL ${given}`, () => fetchText(`${given}/health`), { seconds: 10, signal });
          return task.newListr(startAll(progress.sandbox), { concurrent: true });
        },
      },
      {
        title: 'First request: sent, until its trace is whole',
        task: async (progress) => {
          if (!progress.sandbox) return;
          const { frontUrl, zipkinUrl } = progress.sandbox.plan;
          progress.spans = await firstTrace(frontUrl, new ZipkinClient(zipkinUrl));
        },
      },
    ],
    {
      ctx: { envoyBinary: '', zipkinFolder: undefined, spans: [] },
      fallbackRenderer: 'simple',
      rendererOptions: { collapseSubtasks: false, collapseErrors: false, showErrorMessage: false },
      registerSignalListeners: false,
    },
  );
  try {
    const { sandbox, spans } = await tasks.run();
    if (!sandbox) throw new Error('the sandbox was not prepared');
    return { sandbox, spans };
  } catch (error) {
    await tasks.ctx?.sandbox?.stop();
    throw error;
  }
}

/** Aborts on the first Ctrl-C, SIGTERM, or when the npm that runs this is gone; `again` runs on the second. */
function stopRequests(again: () => void): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) again();
    else controller.abort(new Error('stopped by the user'));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && !controller.signal.aborted) stop();
  }, 500).unref();
  return controller.signal;
}

function describe({ frontUrl, adminUrl, zipkinUrl }: NativeSandbox['plan'], tracePage: string): string {
  return [
    `  front proxy  ${frontUrl}/trace/1`,
    `  its admin    ${adminUrl}`,
    `  Zipkin       ${zipkinUrl}`,
    `  this trace   ${tracePage}`,
    '',
    'Ctrl-C ends it all.',
    '',
  ].join('\n');
}

/**
 * Runs the sandbox without Docker until it is stopped: prints the first trace and the addresses.
 *
 * @throws Error where a part cannot be had, a port is taken, or a process does not start or ends by itself
 */
export async function start(): Promise<ExitCode> {
  let running: NativeSandbox | undefined;
  const stopped = stopRequests(() => {
    running?.kill();
    process.exit(ExitCode.failedRun);
  });
  const { sandbox, spans } = await bringUp(stopped);
  running = sandbox;
  const lines = drawTrace(buildTree(spans), terminal(process.stdout));
  const tracePage = new ZipkinClient(sandbox.plan.zipkinUrl).tracePage(spans[0]?.traceId ?? '');
  process.stdout.write(`\n${lines.join('\n')}\n\n${describe(sandbox.plan, tracePage)}`);

  const stop = new Promise<undefined>((resolve) => stopped.addEventListener('abort', () => resolve(undefined)));
  const death = await Promise.race([stop, sandbox.firstDeath()]);
  if (!death) process.stderr.write('\nStopping: requests in flight are answered, spans are flushed…\n');
  await sandbox.stop();
  if (death) throw new Error(death);
  return ExitCode.done;
}
