import { join } from 'node:path';
import { parse } from 'yaml';
import { type Environment, interpolate } from './interpolation.js';
import { type PublishedPort, readPort } from './published-port.js';

export interface ComposeService {
  readonly name: string;
  /** For an image that is built: its folder and its Dockerfile, relative to the folder of the Compose file. */
  readonly context: string;
  readonly dockerfile: string | undefined;
  /** For an image that is not built: its name. */
  readonly image: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly PublishedPort[];
  /** The services that start before this one and end after it. */
  readonly dependsOn: readonly string[];
  /** Keys of the service that only a container can obey, for example 'command'. */
  readonly containerOnly: readonly string[];
}

type Raw = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);
const asMap = (value: unknown): Raw => (isMap(value) ? value : {});

const read = new Set(['build', 'image', 'environment', 'ports', 'depends_on']);

/** Keys that restrict or name a container, or say how Docker treats it. The process in it is the same without them. */
const closing = new Set(
  `annotations attach blkio_config cap_add cap_drop cgroup cgroup_parent container_name cpu_count cpu_percent cpu_period
  cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset develop device_cgroup_rules devices dns dns_opt dns_search
  domainname expose group_add healthcheck hostname init ipc isolation labels logging mac_address mem_limit
  mem_reservation mem_swappiness memswap_limit networks oom_kill_disable oom_score_adj pid pids_limit platform privileged
  pull_policy read_only restart runtime security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls
  tmpfs tty ulimits user userns_mode`.split(/\s+/),
);
const building = new Set(['context', 'dockerfile', 'cache_from', 'cache_to', 'labels', 'no_cache', 'pull', 'tags']);

/** Fills in all variables in the texts of a value. */
function fill(value: unknown, environment: Environment, place: string): unknown {
  if (typeof value === 'string') {
    try {
      return interpolate(value, environment);
    } catch (error) {
      throw new Error(`docker-compose.yml: ${place}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (Array.isArray(value)) return value.map((each) => fill(each, environment, place));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, fill(each, environment, `${place}.${key}`)]),
  );
}

/** Reads a list of `NAME=value`, or a map. A name without a value gets the shell's value. */
function readEnvironment(value: unknown, shell: Environment): Record<string, string> {
  const pairs: [string, unknown][] = Array.isArray(value)
    ? value.map((each) => {
        const [, name = '', text] = /^([^=]*)(?:=(.*))?$/s.exec(String(each)) ?? [];
        return [name, text];
      })
    : Object.entries(asMap(value));
  return Object.fromEntries(
    pairs.flatMap(([name, given]) => {
      const text = given ?? shell[name];
      return text === undefined ? [] : [[name, String(text)]];
    }),
  );
}

function readBuild(build: unknown): { context: string; dockerfile: string } {
  const { context = '.', dockerfile = 'Dockerfile' } = isMap(build) ? build : { context: build };
  return { context: String(context), dockerfile: join(String(context), String(dockerfile)) };
}

const isElsewhere = (context: string) => /^(https?|git|ssh|docker-image):|^git@|^github\.com\//.test(context);

function readService(name: string, service: Raw, environment: Environment): ComposeService {
  const {
    build,
    image,
    environment: own,
    depends_on,
  } = asMap(fill({ ...service, ports: undefined }, environment, `services.${name}`));
  const { context, dockerfile } = build ? readBuild(build) : { context: '.', dockerfile: undefined };
  const ports = (Array.isArray(service.ports) ? service.ports : []).map((port) => readPort(port, environment));
  return {
    name,
    context,
    dockerfile,
    image: build || image === undefined ? undefined : String(image),
    environment: readEnvironment(own, environment),
    ports: ports.flatMap((each) => each ?? []),
    dependsOn: Array.isArray(depends_on) ? depends_on.map(String) : Object.keys(asMap(depends_on)),
    containerOnly: [
      ...Object.keys(service).filter((key) => !read.has(key) && !closing.has(key) && !key.startsWith('x-')),
      ...Object.keys(asMap(build))
        .filter((key) => !building.has(key))
        .map((key) => `build.${key}`),
      ...(isElsewhere(context) ? ['build.context'] : []),
      ...(ports.includes(undefined) ? ['ports'] : []),
    ],
  };
}

/**
 * Reads the parts of a Compose file that a native run needs: services, environment, published ports, dependencies.
 *
 * @param text the YAML of docker-compose.yml, with its anchors and `<<` merges
 * @param environment values for its variables
 * @returns the services in the file's order
 * @throws Error of one line that names the variable, or the service and its key, with a wrong value
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md
 */
export function readComposeFile(text: string, environment: Environment): ComposeService[] {
  const { services } = asMap(parse(text, { merge: true }));
  return Object.entries(asMap(services)).map(([name, service]) => readService(name, asMap(service), environment));
}
