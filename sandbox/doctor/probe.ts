import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { verify } from '../observe/verify.js';
import { ZipkinClient } from '../observe/zipkin-client.js';
import { shapeOf } from '../topology/model-shape.js';
import { readModel } from '../topology/read-model.js';
import { findSandbox, type RunningSandbox, readRunRecord } from '../topology/running-sandbox.js';
import { notesOn } from '../verdict/own-app.js';
import { askDocker, listContainers } from './compose-project.js';
import { clockToleranceMs, type Facts, type ProcessFact } from './facts.js';
import { failureOf, messageOf } from './failure.js';
import { askFreePorts, askPorts } from './probe-ports.js';
import { askReporters } from './probe-reporters.js';

/** The sandbox to check. */
export interface ProbeOptions {
  /** The project's root. */
  readonly root: string;
  readonly cache: string;
  /** FRONT_PORT and the other variables of docker-compose.yml. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Called with the name of each step, in a few words. */
  onLook(what: string): void;
}

const innerParts = { admin: { name: 'Envoy', path: '/ready' }, app: { name: 'app', path: '/health' } } as const;

/**
 * Looks at the sandbox of this folder and at what runs around it, and sends it one request. It judges nothing.
 *
 * @throws Error if docker-compose.yml and the environment contradict each other
 */
export async function probe({ root, cache, environment, onLook }: ProbeOptions): Promise<Facts> {
  onLook('what runs');
  const frontPort = Number(environment.FRONT_PORT || 8000);
  const model = await readModel(root, environment);
  const sandbox = await findSandbox(root, cache, environment).catch(() => undefined);
  const native = sandbox?.mode === 'native';
  const containers = native ? [] : await listContainers(root);
  const broken = containers.filter(({ error }) => error !== undefined);
  const facts: Facts = {
    sandbox,
    frontPort,
    otherFrontPorts: sandbox ? [] : await nativeFrontPorts(cache),
    docker: native ? undefined : await askDocker(root),
    containers: broken,
    ports: [],
    processes: [],
    reporters: [],
    frontRuntime: undefined,
    request: undefined,
    requestError: undefined,
  };
  if (!sandbox)
    return containers.length > 0 ? facts : { ...facts, ports: await askFreePorts(root, environment, model) };

  onLook('ports and processes');
  const [ports, processes] = await Promise.all([askPorts(sandbox), askProcesses(sandbox)]);
  onLook('the ways to Zipkin');
  const [reporters, frontRuntime] = await Promise.all([askReporters(sandbox, processes), askRuntime(sandbox)]);
  const looked = { ...facts, ports, processes, reporters, frontRuntime };
  if ([...broken, ...ports, ...processes].some(({ error }) => error !== undefined)) return looked;

  onLook('the trace of one request');
  return { ...looked, ...(await askForTrace(sandbox)) };
}

async function nativeFrontPorts(cache: string): Promise<number[]> {
  const ports = (await readdir(join(cache, 'run')).catch(() => [])).map(Number);
  const records = await Promise.all(ports.map((port) => readRunRecord(cache, port).catch(() => undefined)));
  return ports.filter((_, index) => records[index] !== undefined);
}

const askProcesses = (sandbox: RunningSandbox): Promise<ProcessFact[]> =>
  Promise.all(
    sandbox.model.reporters.map(async ({ service, part }) => {
      const { name, path } = innerParts[part];
      return { service, name, part, error: await failureOf(sandbox.ask(service, part, path)) };
    }),
  );

async function askRuntime(sandbox: RunningSandbox): Promise<Record<string, string> | undefined> {
  const text = await sandbox.ask(sandbox.model.front.name, 'admin', '/runtime').catch(() => undefined);
  if (text === undefined) return undefined;
  const { entries } = JSON.parse(text) as { readonly entries: Record<string, { readonly final_value: string }> };
  return Object.fromEntries(Object.entries(entries).map(([key, { final_value }]) => [key, final_value]));
}

async function askForTrace(sandbox: RunningSandbox): Promise<Pick<Facts, 'request' | 'requestError'>> {
  const [path = '/'] = sandbox.model.paths;
  const request = { url: new URL(sandbox.frontUrl + path), method: 'GET', headers: { 'x-b3-sampled': '1' } };
  const zipkin = new ZipkinClient(sandbox.zipkinUrl);
  try {
    const { shape, why } = shapeOf(sandbox.model, path);
    if (!shape) throw new Error(why);
    const tolerance = clockToleranceMs * 1000;
    const [judged] = await verify({ request, count: 1, shape, zipkin, sandbox, within: undefined, tolerance });
    if (!judged) throw new Error('no request was sent');
    const { answer, traceId, spans, diagnoses, verdict } = judged;
    const { status, requestId, sentAt, tookMs } = answer;
    return {
      request: {
        path,
        status,
        requestId,
        traceId,
        sentAt,
        tookMs,
        spans,
        diagnoses,
        notes: verdict.ownApps.flatMap(notesOn),
      },
      requestError: undefined,
    };
  } catch (error) {
    return { request: undefined, requestError: messageOf(error) };
  }
}
