import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { verify } from '../observe/verify.js';
import { ZipkinClient } from '../observe/zipkin-client.js';
import { listContainers } from '../topology/compose-project.js';
import type { Environment } from '../topology/interpolation.js';
import { shapeOf } from '../topology/model-shape.js';
import { readModel } from '../topology/read-model.js';
import { readRunRecord, runFolderOf } from '../topology/run-record.js';
import { findSandbox, type RunningSandbox } from '../topology/running-sandbox.js';
import { notesOn } from '../verdict/note.js';
import { askDocker, brokenContainers } from './compose-project.js';
import { clockToleranceMs, type Facts } from './facts.js';
import { messageOf } from './failure.js';
import { askFreePorts, askPorts } from './probe-ports.js';
import { askReporters } from './probe-reporters.js';

/**
 * Looks at the sandbox of this folder and at what runs around it, and sends it one request. It judges nothing.
 *
 * @param root the project's root
 * @param environment FRONT_PORT and the other variables of docker-compose.yml
 * @param onLook called with the name of each step, in a few words
 * @throws Error if docker-compose.yml and the environment contradict each other
 */
export async function probe(
  root: string,
  cache: string,
  environment: Environment,
  onLook: (what: string) => void,
): Promise<Facts> {
  onLook('what runs');
  const model = await readModel(root, environment);
  const sandbox = await findSandbox(root, cache, environment).catch(() => undefined);
  const native = sandbox?.mode === 'native';
  const containers = native ? [] : await listContainers(root);
  const facts: Facts = {
    sandbox,
    frontPort: model.frontPort,
    otherFrontPorts: sandbox ? [] : await nativeFrontPorts(cache),
    docker: native ? undefined : await askDocker(root),
    containers: brokenContainers(containers),
    ports: [],
    reporters: [],
    frontRuntime: undefined,
    request: undefined,
    requestError: undefined,
  };
  if (!sandbox) return containers.length > 0 ? facts : { ...facts, ports: await askFreePorts(model) };

  onLook('ports, processes and the ways to Zipkin');
  const [ports, reporters, frontRuntime] = await Promise.all([
    askPorts(sandbox),
    askReporters(sandbox),
    askRuntime(sandbox),
  ]);
  const looked = { ...facts, ports, reporters, frontRuntime };
  if ([...facts.containers, ...ports, ...reporters].some(({ error }) => error !== undefined)) return looked;

  onLook('the trace of one request');
  return { ...looked, ...(await askForTrace(sandbox)) };
}

async function nativeFrontPorts(cache: string): Promise<number[]> {
  const ports = (await readdir(join(cache, 'run')).catch(() => [])).map(Number);
  const records = await Promise.all(
    ports.map((port) => readRunRecord(runFolderOf(cache, port)).catch(() => undefined)),
  );
  return ports.filter((_, index) => records[index] !== undefined);
}

async function askRuntime(sandbox: RunningSandbox): Promise<Record<string, string> | undefined> {
  const text = await sandbox.ask(sandbox.model.front.name, 'admin', '/runtime').catch(() => undefined);
  if (text === undefined) return undefined;
  const { entries } = JSON.parse(text) as { readonly entries: Record<string, { readonly final_value: string }> };
  return Object.fromEntries(Object.entries(entries).map(([key, { final_value }]) => [key, final_value]));
}

async function askForTrace(sandbox: RunningSandbox): Promise<Pick<Facts, 'request' | 'requestError'>> {
  const path = sandbox.model.firstPath;
  const request = { url: new URL(sandbox.frontUrl + path), method: 'GET', headers: { 'x-b3-sampled': '1' } };
  const zipkin = new ZipkinClient(sandbox.zipkinUrl);
  try {
    const { shape, why } = shapeOf(sandbox.model, path);
    if (!shape) throw new Error(why);
    const tolerance = clockToleranceMs * 1000;
    const [judged] = await verify({
      request,
      count: 1,
      shape,
      zipkin,
      sandbox,
      limits: { startTolerance: tolerance, endTolerance: tolerance },
    });
    if (!judged) throw new Error('no request was sent');
    const { answer, traceId, spans, diagnoses, verdict } = judged;
    const notes = verdict.ownApps.flatMap(notesOn);
    return { request: { ...answer, path, traceId, spans, diagnoses, notes }, requestError: undefined };
  } catch (error) {
    return { request: undefined, requestError: messageOf(error) };
  }
}
