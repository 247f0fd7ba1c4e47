import { execa } from 'execa';
import { reporterStates } from '../observe/gather-evidence.js';
import type { Reporter } from '../topology/model.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { urlOf } from '../topology/this-machine.js';
import { fetchText } from '../topology/wait.js';
import type { ProcessFact, ReporterFact } from './facts.js';
import { failureOf, messageOf } from './failure.js';

interface Clusters {
  readonly cluster_statuses: readonly {
    readonly name: string;
    readonly host_statuses?: readonly {
      readonly address: { readonly socket_address: { readonly address: string; readonly port_value: number } };
    }[];
  }[];
}

/** Finds the address to which an Envoy sends its spans: the one that it has resolved. */
async function collectorOfEnvoy(sandbox: RunningSandbox, service: string): Promise<string> {
  const clusters = JSON.parse(await sandbox.ask(service, 'admin', '/clusters?format=json')) as Clusters;
  const cluster = sandbox.model.services.find(({ name }) => name === service)?.reportsTo?.cluster;
  const [host] = clusters.cluster_statuses.find(({ name }) => name === cluster)?.host_statuses ?? [];
  if (!host) throw new Error(`its cluster '${cluster}' has no address: the name does not resolve`);
  const { address, port_value } = host.address.socket_address;
  return new URL(urlOf({ host: address, port: port_value })).host;
}

/**
 * Finds the address to which an app sends its spans; undefined if it does not say, because the user's own apps need
 * not.
 */
async function collectorOfApp(sandbox: RunningSandbox, service: string): Promise<string | undefined> {
  const text = await sandbox.ask(service, 'app', '/reporter').catch(() => '');
  const endpoint = /"endpoint": ?"([^"]+)"/.exec(text)?.[1];
  return endpoint && new URL(endpoint).host;
}

/** Asks Zipkin for its health from the place where a service runs. */
async function askFrom(sandbox: RunningSandbox, service: string, collector: string): Promise<void> {
  if (sandbox.mode === 'native') {
    await fetchText(`http://${collector}/health`);
    return;
  }
  const [command = '', ...args] = sandbox.inside(service);
  const probe = ['timeout', '5', 'http-probe', collector, '/health'];
  const { failed } = await execa(command, [...args, ...probe], { reject: false, stdin: 'ignore' });
  if (failed) throw new Error('no answer within 5 s');
}

/**
 * Asks every reporter for the address of its collector, and tries that address from its place.
 *
 * @param processes what was seen of them; a process that did not answer is not asked again
 */
export async function askReporters(
  sandbox: RunningSandbox,
  processes: readonly ProcessFact[],
): Promise<ReporterFact[]> {
  const reasons = new Map(processes.map(({ service, part, error }) => [`${service} ${part}`, error]));
  const silent = ({ service, part }: Reporter) => reasons.get(`${service} ${part}`);
  const { reporters } = sandbox.model;
  const answering = reporters.filter((each) => silent(each) === undefined);
  const states = await reporterStates(sandbox, answering);
  return Promise.all(
    reporters.map(async (each) => {
      const { name, service, part } = each;
      const error = silent(each);
      if (error) return { name, service, part, lost: undefined, collector: undefined, error };
      const { lost, unit } = states.find((state) => state.service === name) ?? { lost: 0, unit: '' };
      const fact = { name, service, part, lost: lost > 0 ? `${lost} ${unit}` : undefined };
      try {
        const collectorOf = part === 'app' ? collectorOfApp : collectorOfEnvoy;
        const collector = await collectorOf(sandbox, service);
        return { ...fact, collector, error: collector && (await failureOf(askFrom(sandbox, service, collector))) };
      } catch (error) {
        return { ...fact, collector: undefined, error: messageOf(error) };
      }
    }),
  );
}
