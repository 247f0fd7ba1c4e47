import { describeLost } from '../diagnosis/evidence.js';
import { reporterStates } from '../observe/gather-evidence.js';
import { isLoopback } from '../topology/addresses.js';
import type { Reporter } from '../topology/mesh-service.js';
import { hasOwnApp } from '../topology/model.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { urlOf } from '../topology/this-machine.js';
import { fetchText } from '../topology/wait.js';
import type { ReporterFact } from './facts.js';
import { failureOf, messageOf } from './failure.js';

interface Clusters {
  readonly cluster_statuses: readonly {
    readonly name: string;
    readonly host_statuses?: readonly {
      readonly address: { readonly socket_address: { readonly address: string; readonly port_value: number } };
    }[];
  }[];
}

const serviceOf = ({ model }: RunningSandbox, service: string) => model.services.find(({ name }) => name === service);

/** Finds the address to which an Envoy sends its spans: the one that it has resolved. */
async function collectorOfEnvoy(sandbox: RunningSandbox, service: string): Promise<string> {
  const clusters = JSON.parse(await sandbox.ask(service, 'admin', '/clusters?format=json')) as Clusters;
  const cluster = serviceOf(sandbox, service)?.reportsTo?.cluster;
  const [host] = clusters.cluster_statuses.find(({ name }) => name === cluster)?.host_statuses ?? [];
  if (!host) throw new Error(`its cluster '${cluster}' has no address: the name does not resolve`);
  const { address, port_value } = host.address.socket_address;
  return new URL(urlOf({ host: address, port: port_value })).host;
}

/** Finds the address to which an app sends its spans; undefined if it is the user's own or does not say. */
async function collectorOfApp(sandbox: RunningSandbox, service: string): Promise<string | undefined> {
  if (hasOwnApp(sandbox.model, service)) return undefined;
  const text = await sandbox.ask(service, 'app', '/reporter').catch(() => '');
  const endpoint = /"endpoint": ?"([^"]+)"/.exec(text)?.[1];
  return endpoint && new URL(endpoint).host;
}

/** Whether docker-compose.yml tells a service's app to report to its own sidecar. */
function reportsToSidecar(sandbox: RunningSandbox, service: string): boolean {
  const { ZIPKIN_URL: url = '' } = serviceOf(sandbox, service)?.environment ?? {};
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
}

/** Asks a collector for its health from the place where a service runs. */
async function askFrom(sandbox: RunningSandbox, service: string, collector: string): Promise<void> {
  if (sandbox.mode === 'native') {
    await fetchText(`http://${collector}/health`);
    return;
  }
  const { execa } = await import('execa');
  const [command = '', ...args] = sandbox.inside(service);
  const probe = ['timeout', '5', 'http-probe', collector, '/health'];
  const { failed } = await execa(command, [...args, ...probe], { reject: false, stdin: 'ignore' });
  if (failed) throw new Error('no answer within 5 s');
}

const ready = { admin: '/ready', app: '/health' } as const;

async function askReporter(sandbox: RunningSandbox, reporter: Reporter): Promise<ReporterFact> {
  const { name, service, part } = reporter;
  const to = part === 'app' && reportsToSidecar(sandbox, service) ? 'its sidecar' : 'zipkin';
  const error = await failureOf(sandbox.ask(service, part, ready[part]));
  const fact = { name, service, part, to, error } as const;
  if (error) return fact;
  const [state] = await reporterStates(sandbox, [reporter]);
  const lost = state && state.lost > 0 ? describeLost(state) : undefined;
  try {
    const collector = await (part === 'app' ? collectorOfApp : collectorOfEnvoy)(sandbox, service);
    return {
      ...fact,
      lost,
      collector,
      unreached: collector && (await failureOf(askFrom(sandbox, service, collector))),
    };
  } catch (failure) {
    return { ...fact, lost, unreached: messageOf(failure) };
  }
}

/** Asks every reporter whether it serves and for the address of its collector, and tries that address from its place. */
export function askReporters(sandbox: RunningSandbox): Promise<ReporterFact[]> {
  return Promise.all(sandbox.model.reporters.map((reporter) => askReporter(sandbox, reporter)));
}
