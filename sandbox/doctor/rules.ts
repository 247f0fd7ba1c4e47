import { requestIdTag, serviceOf } from '../trace/span.js';
import { adviceFor, labReset } from './advice.js';
import { clockToleranceMs, type Facts, refused } from './facts.js';
import { readSampling } from './sampling.js';

/** One line of the checklist. */
export interface Check {
  readonly name: string;
  /** `skipped` if it does not matter, or could not be checked because of something above it. */
  readonly verdict: 'ok' | 'wrong' | 'skipped';
  readonly seen: string;
  /** What to do, if something is wrong. */
  readonly advice?: string;
}

const ok = (name: string, seen: string): Check => ({ name, verdict: 'ok', seen });
const wrong = (name: string, seen: string, advice: string): Check => ({ name, verdict: 'wrong', seen, advice });
const skipped = (name: string, seen: string): Check => ({ name, verdict: 'skipped', seen });

const startIt = "'npm start' or 'docker compose up --build -d'";
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

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
  return [
    ...around,
    ...checkProcesses(facts),
    ...checkReporters(facts),
    checkSampling(facts),
    checkRequestId(facts),
    ...checkTrace(facts),
    checkClocks(facts),
  ];
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

function checkSampling({ frontRuntime }: Facts): Check {
  if (!frontRuntime) return skipped('sampling', 'not checked, because the front proxy was not asked');
  const percent = readSampling(frontRuntime);
  if (percent === 0) {
    const advice = "set SAMPLING_PERCENT and start again, or trace one request with curl -H 'b3: 1'";
    return wrong('sampling', 'no request is traced unless it asks for it', advice);
  }
  if (percent === 100) return ok('sampling', 'every request is traced');
  return ok('sampling', `${percent} % of the requests are traced; the others leave no trace`);
}

function checkRequestId({ request }: Facts): Check {
  if (!request) return skipped('request id', 'no request was sent');
  const { requestId, spans } = request;
  const advice =
    "Envoy decides by x-request-id whether to trace; forward the caller's x-request-id, a UUID, with every call";
  if (!requestId || !uuid.test(requestId)) return wrong('request id', `it is ${requestId ?? 'missing'}`, advice);
  const others = spans.filter(({ tags }) => (tags?.[requestIdTag] ?? requestId) !== requestId);
  if (others.length === 0) return ok('request id', `one UUID at every hop: ${requestId}`);
  const services = [...new Set(others.map(serviceOf))].join(', ');
  const note = request.notes.find(({ about }) => about === 'request id');
  if (note) return skipped('request id', note.text);
  return wrong('request id', `${services} got another one: the app before it did not forward x-request-id`, advice);
}

function checkTrace({ request, requestError, reporters, ports, containers }: Facts): Check[] {
  const name = 'b3 headers';
  if (requestError) return [wrong(name, requestError, 'repair the first line marked ✗ above')];
  if (!request) {
    const broken = [...ports, ...reporters, ...containers].some(({ error }) => error !== undefined);
    return [skipped(name, broken ? 'not checked, because a line above is wrong' : 'no request was sent')];
  }
  const wrongs = request.diagnoses.filter(({ cause }) => cause !== 'clock-skew');
  if (wrongs.length > 0) return wrongs.map((diagnosis) => wrong(name, diagnosis.text, adviceFor(diagnosis)));
  return [
    ok(name, `GET ${request.path} answered ${request.status}: one trace of ${request.spans.length} spans`),
    ...request.notes.flatMap(({ about, text }) => (about === 'spans' ? ok('own app', text) : [])),
  ];
}

function checkClocks({ request }: Facts): Check {
  if (!request || request.spans.length === 0) return skipped('clocks', 'not checked, because there is no span');
  const advice = `set that clock right, because Zipkin searches and draws by the clocks of the reporters; ${labReset}`;
  const skew = request.diagnoses.find(({ cause }) => cause === 'clock-skew');
  if (skew) return wrong('clocks', skew.text, advice);
  const { sentAt, tookMs } = request;
  const early = sentAt - Math.min(...request.spans.map(({ timestamp = Number.POSITIVE_INFINITY }) => timestamp / 1000));
  const late = Math.max(...request.spans.map(({ timestamp = 0 }) => timestamp / 1000)) - sentAt - tookMs;
  if (Math.max(early, late) <= clockToleranceMs) return ok('clocks', "every span is within the request's time");
  const off = early > late ? `${Math.round(early)} ms behind` : `${Math.round(late)} ms ahead of`;
  return wrong('clocks', `the spans are ${off} this machine's clock`, advice);
}
