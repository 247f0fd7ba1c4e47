import { type Check, ok, skipped, wrong } from './check.js';
import { type Facts, refused } from './facts.js';
import { examineRequest } from './request-rules.js';

const startIt = "'npm start' or 'docker compose up --build -d'";

/**
 * Goes through the checklist "why do I see no traces", from the outside to the inside: what runs, whether it can be
 * reached, whether spans can get to Zipkin, whether any are made, whether they connect. A wrong line is a reason for
 * the lines below it.
 *
 * @returns the lines in the order to read them
 */
export function examine(facts: Facts): Check[] {
  const around = [checkSandbox(facts), checkDocker(facts), ...checkContainers(facts), ...checkPorts(facts)];
  if (!facts.sandbox) return around;
  return [...around, ...checkProcesses(facts), ...checkReporters(facts), ...examineRequest(facts)];
}

function checkSandbox({ sandbox, frontPort, otherFrontPorts, containers }: Facts): Check {
  if (sandbox) {
    const how = sandbox.mode === 'native' ? 'natively' : 'in Compose';
    return ok('sandbox', `runs ${how}, front proxy at ${sandbox.frontUrl}`);
  }
  if (containers.length > 0)
    return wrong('sandbox', 'only a part of the Compose project runs', 'repair the first line marked ✗ below');
  const none = `no sandbox runs on port ${frontPort}`;
  const [other] = otherFrontPorts;
  if (other)
    return wrong(
      'sandbox',
      `${none}; one runs on ${otherFrontPorts.join(' and ')}`,
      `set FRONT_PORT=${other} in this terminal`,
    );
  return wrong('sandbox', none, `start one with ${startIt}`);
}

function checkDocker({ sandbox, docker }: Facts): Check {
  if (!docker) return skipped('docker', 'not used');
  if (!docker.error) return ok('docker', 'the daemon and Compose answer');
  if (!sandbox) return skipped('docker', `${docker.error}; 'npm start' needs no Docker`);
  return wrong('docker', docker.error, 'start Docker');
}

function lookInto(sandbox: Facts['sandbox'], frontPort: number, service: string): string {
  return sandbox?.mode === 'native'
    ? `read .cache/run/${frontPort}/${service}.log; if the process hangs, run 'npm start' again`
    : `run 'docker compose logs ${service}' to see why; if it hangs, run 'docker compose restart ${service}'`;
}

const checkContainers = ({ containers }: Facts): Check[] =>
  containers.map(({ name, error = '' }) =>
    wrong(
      `container ${name}`,
      error,
      error.startsWith(refused)
        ? 'remove what Docker refuses from docker-compose.yml, as docs/machines.md shows'
        : `run 'docker compose logs ${name}' to see why, then 'docker compose up -d ${name}'`,
    ),
  );

function checkPorts({ sandbox, frontPort, ports }: Facts): Check[] {
  return ports.map(({ name, service, port, variable, error }) => {
    const label = `port ${port}`;
    if (error && !sandbox) {
      return wrong(label, error, `end that process, or set ${variable ?? 'the port'} to a free one`);
    }
    if (!sandbox) return ok(label, `free for ${name}`);
    if (!error) return ok(label, `${name} answers`);
    return wrong(label, `${name}: ${error}`, lookInto(sandbox, frontPort, service));
  });
}

const byService = <T extends { readonly service: string }>(facts: readonly T[]) =>
  [...new Set(facts.map(({ service }) => service))].map(
    (service) => [service, facts.filter((fact) => fact.service === service)] as const,
  );

const processName = { admin: 'Envoy', app: 'app' } as const;

function checkProcesses({ reporters, containers, sandbox, frontPort }: Facts): Check[] {
  const running = reporters.filter(({ service }) => !containers.some(({ name }) => name === service));
  return byService(running).map(([service, those]) => {
    const broken = those.filter(({ error }) => error !== undefined);
    if (broken.length === 0) return ok(service, `ready: ${those.map(({ part }) => processName[part]).join(', ')}`);
    const seen = broken.map(({ part, error }) => `${processName[part]}: ${error}`).join('; ');
    return wrong(service, seen, lookInto(sandbox, frontPort, service));
  });
}

function checkReporters({ reporters }: Facts): Check[] {
  return reporters.map(({ name, to, collector, error, unreached, lost }) => {
    const label = `${name} to ${to}`;
    if (error) return skipped(label, `${name} does not answer`);
    if (unreached) {
      const whom = to === 'zipkin' ? 'Zipkin' : to;
      const advice = `${name} cannot reach ${whom}, so its spans are lost; check that it runs and that the address is right`;
      return wrong(label, `${collector ?? name}: ${unreached}`, advice);
    }
    if (!collector) return skipped(label, 'your own app does not say where it sends its spans');
    return ok(label, `reaches ${collector}${lost ? `; it has lost ${lost} since it started` : ''}`);
  });
}
