import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { cache, root } from '../../sandbox/cli/project.js';
import type { VerifiedTrace } from '../../sandbox/observe/judged-trace.js';
import { verify } from '../../sandbox/observe/verify.js';
import { ZipkinClient } from '../../sandbox/observe/zipkin-client.js';
import { isInstalled } from '../../sandbox/topology/managed-process.js';
import { shapeOf } from '../../sandbox/topology/model-shape.js';
import { NativeSandbox } from '../../sandbox/topology/native-sandbox.js';
import { appsOfYourOwn, overridesOf } from '../../sandbox/topology/own-apps.js';
import { readModel } from '../../sandbox/topology/read-model.js';
import { findSandbox } from '../../sandbox/topology/running-sandbox.js';
import { fetchText, waitFor } from '../../sandbox/topology/wait.js';
import { ownEnvironment } from '../topology/own-environment.js';
import type { Setting } from './settings.js';

/** Tests then do not wait for OpenTelemetry's 5 s. */
const soon = { OTEL_BSP_SCHEDULE_DELAY: '200' };

/** @returns the program that a tracer needs and this machine lacks; undefined if none is missing */
export async function missingRuntime({ tracer }: Pick<Setting, 'tracer'>): Promise<string | undefined> {
  for (const runtime of tracer.runtimes) if (!(await isInstalled(runtime))) return runtime;
  return undefined;
}

/** Builds the example of a setting, if it has changed. Two tests may not do that at the same time. */
export async function buildExample({ tracer: { example } }: Pick<Setting, 'tracer'>): Promise<void> {
  const build = join(root, 'docs/examples', example ?? '', 'build');
  if (existsSync(build)) await execa(build);
}

/**
 * Sends one request through a sandbox in which a tracer's app has some places.
 *
 * @param zipkinUrl the Zipkin that collects
 * @param services the places of the app
 * @param whileRunning called with the judged trace before the sandbox is killed
 */
export async function traced(
  { tracer, set }: Setting,
  zipkinUrl: string,
  services: readonly string[],
  whileRunning?: (judged: VerifiedTrace) => Promise<void>,
): Promise<VerifiedTrace> {
  const environment = { ...(await ownEnvironment()), ZIPKIN_URL: zipkinUrl, READY_SECONDS: '200' };
  const { example } = tracer;
  const named = services.map((service) => [`${service.toUpperCase()}_APP`, join('docs/examples', example ?? '')]);
  const variables = example ? { INIT_CWD: root, ...Object.fromEntries(named) } : {};
  const model = await readModel(root, environment);
  const apps = await appsOfYourOwn(model, variables);
  const told = Object.entries(overridesOf(apps)).map(([name, app]) => [name, { ...app, ...soon, ...set }]);
  const sandbox = await NativeSandbox.install(root, cache, environment, Object.fromEntries(told));
  try {
    await Promise.all(sandbox.plan.processes.map(({ name }) => sandbox.start(name)));
    const judged = await judgedOnce(environment);
    await whileRunning?.(judged);
    return judged;
  } finally {
    await sandbox.kill();
  }
}

/** Sends a request through the sandbox that runs, and judges its trace. */
export async function judgedOnce(environment: Readonly<Record<string, string | undefined>>): Promise<VerifiedTrace> {
  const sandbox = await findSandbox(root, cache, environment);
  const path = '/trace/1';
  const { shape } = shapeOf(sandbox.model, path);
  if (!shape) throw new Error(`no shape for ${path}`);
  const url = new URL(`${sandbox.frontUrl}${path}`);
  // The first request of a process is its slowest. After a service was replaced, the front proxy may not yet know its
  // new address: Envoys look names up every 5 s.
  await waitFor('the first answer', () => fetchText(url.href), { seconds: 20, everyMs: 200 });
  const [judged] = await verify({
    request: { url, method: 'GET', headers: {} },
    count: 1,
    shape,
    zipkin: new ZipkinClient(sandbox.zipkinUrl),
    sandbox,
    limits: { startTolerance: 5_000_000, endTolerance: 5_000_000 }, // this test is about who called whom, on a machine that may be busy
  });
  if (!judged) throw new Error('nothing was judged');
  return judged;
}
