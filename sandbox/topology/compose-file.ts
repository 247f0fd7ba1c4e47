import { parse } from 'yaml';

export interface PublishedPort {
  readonly bind: string;
  readonly port: number;
  readonly target: number;
  /** The variable of docker-compose.yml that changes `port`, where one does. */
  readonly variable: string | undefined;
  /** The variable that changes `bind`, where one does. */
  readonly bindVariable: string | undefined;
}

export interface ComposeService {
  readonly name: string;
  readonly dockerfile: string | undefined;
  readonly image: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly PublishedPort[];
  /** The services that are started before this one, and ended after it. */
  readonly dependsOn: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const variable = /\$\{(?<name>\w+)(?::-(?<fallback>[^}]*))?\}/g;

function interpolate(text: string, environment: Environment): string {
  return text.replace(variable, (_, name: string, fallback = '') => environment[name] || fallback);
}

function readPort(text: string, environment: Environment): PublishedPort {
  const names = [...text.matchAll(variable)].map((match) => match.groups?.name ?? '');
  const [bind = '', port = '', target = ''] = interpolate(text, environment).split(':');
  const name = names.find((each) => each.endsWith('_PORT'));
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    throw new Error(`${name ?? text}: '${port}' is not a port; set a number from 1 to 65535`);
  }
  const bindVariable = names.find((each) => each.endsWith('_BIND'));
  return { bind, port: Number(port), target: Number(target), variable: name, bindVariable };
}

interface RawService {
  readonly build?: { readonly dockerfile?: string };
  readonly image?: string;
  readonly environment?: Record<string, string | number>;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

/**
 * Reads what a native run needs of a Compose file: services, environment, published ports, dependencies.
 *
 * @param text the YAML of docker-compose.yml, with its anchors and `<<` merges
 * @param environment values for `${NAME:-fallback}`; an empty value counts as unset, as `:-` has it
 * @returns the services in the file's order
 * @throws Error naming the variable whose value is no port
 * @see https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
 */
export function readComposeFile(text: string, environment: Environment): ComposeService[] {
  const file = parse(text, { merge: true }) as { readonly services: Record<string, RawService> };
  return Object.entries(file.services).map(([name, service]) => ({
    name,
    dockerfile: service.build?.dockerfile,
    image: service.image,
    environment: Object.fromEntries(
      Object.entries(service.environment ?? {}).map(([key, value]) => [key, interpolate(String(value), environment)]),
    ),
    ports: (service.ports ?? []).map((port) => readPort(port, environment)),
    dependsOn: Object.keys(service.depends_on ?? {}),
  }));
}
