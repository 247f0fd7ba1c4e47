import { isIP } from 'node:net';
import { type Environment, interpolate } from './interpolation.js';

export interface PublishedPort {
  /** An IP address, IPv6 without brackets. */
  readonly bind: string;
  readonly port: number;
  readonly target: number;
  /** The variable of docker-compose.yml that changes `port`, if there is one. */
  readonly variable: string | undefined;
  /** The variable that changes `bind`, if there is one. */
  readonly bindVariable: string | undefined;
}

/** An entry of `ports` in its long form, as in the file. */
type Entry = Readonly<Record<string, unknown>>;

const undividable = /\$\{(?:[^{}]|\$\{[^{}]*\})*\}|\[[^\]]*\]/g;

/** Turns `[[IP:]PUBLISHED:]TARGET[/PROTOCOL]` into the long form. */
function divide(short: string): Entry {
  const kept: string[] = [];
  const parts = short
    .replace(undividable, (found) => `\0${kept.push(found) - 1}\0`)
    .split(':')
    .map((part) => part.replace(/\0(\d+)\0/g, (_, index: string) => kept[Number(index)] ?? ''));
  const [target, protocol] = (parts.pop() ?? '').split('/');
  return { target, protocol, published: parts.pop(), host_ip: parts.join(':') };
}

const variableIn = (text: unknown) => /\$\{?([A-Za-z_]\w*)/.exec(String(text))?.[1];

function range(text: string): number[] | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const length = Number(last) - Number(first) + 1;
  return length >= 1 ? Array.from({ length }, (_, index) => Number(first) + index) : undefined;
}

/**
 * @param raw with its variables, for an error
 * @param filled with the values of the variables
 */
function readEntry(raw: Entry, filled: Entry, environment: Environment): PublishedPort[] {
  const [variable, bindVariable] = [variableIn(raw.published), variableIn(raw.host_ip)];
  const bind = String(filled.host_ip ?? '').replace(/^\[(.*)\]$/, '$1') || '0.0.0.0';
  const [ports, targets] = [range(String(filled.published)), range(String(filled.target))];
  const isPort = ports?.every((port) => port >= 1 && port <= 65535);
  if (isPort && isIP(bind) > 0 && ports && ports.length === targets?.length) {
    return ports.map((port, index) => ({ bind, port, target: targets[index] ?? 0, variable, bindVariable }));
  }
  const seen = interpolate(String(raw.published), environment);
  if (isPort && range(seen))
    throw new Error(`${bindVariable ?? 'ports'}: '${bind}' is not an IP address; set one, or none`);
  throw new Error(`${variable ?? 'ports'}: '${seen}' is not a port; set a number from 1 to 65535`);
}

/**
 * Reads an entry of a service's `ports`, in its short or long form.
 *
 * @returns the TCP ports that it publishes; undefined if it publishes none or leaves the port to Docker
 * @throws Error that names the variable whose value is not a port or not an address
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#ports
 */
export function readPort(entry: unknown, environment: Environment): PublishedPort[] | undefined {
  const fill = (text: unknown) => interpolate(String(text), environment);
  const isLong = typeof entry === 'object' && entry !== null;
  const raw: Entry = isLong ? { ...entry } : divide(String(entry));
  const filled: Entry = isLong
    ? Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, fill(value)]))
    : divide(fill(entry));
  if ((filled.published ?? '') === '' || (filled.protocol ?? 'tcp') !== 'tcp') return undefined;
  return readEntry(raw, filled, environment);
}
