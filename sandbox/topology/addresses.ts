import { isMap, isScalar, parseDocument, visit } from 'yaml';
import { urlOf } from './this-machine.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Gives where an address of the virtual network is on this machine. */
export type Resolve = (address: Address) => Address;

/**
 * Rewrites the addresses of an Envoy configuration, and nothing else of it.
 *
 * @param text an Envoy bootstrap in YAML
 * @param resolve gives the real address of each `socket_address` that the file names
 * @returns the same text with the addresses exchanged
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/address.proto
 */
export function rewriteEnvoyAddresses(text: string, resolve: Resolve): string {
  const places: { readonly from: number; readonly to: number; readonly value: string | number }[] = [];
  visit(parseDocument(text), {
    Pair(_, { key, value }) {
      if (String(key) !== 'socket_address' || !isMap(value)) return;
      const [host, port] = [value.get('address', true), value.get('port_value', true)];
      if (!isScalar(host) || !isScalar(port)) return;
      const resolved = resolve({ host: String(host.value), port: Number(port.value) });
      for (const [scalar, exchanged] of [[host, resolved.host] as const, [port, resolved.port] as const]) {
        const [from, to] = scalar.range ?? [0, 0];
        places.push({ from, to, value: exchanged });
      }
    },
  });
  places.sort((one, other) => other.from - one.from);
  return places.reduce((all, { from, to, value }) => all.slice(0, from) + JSON.stringify(value) + all.slice(to), text);
}

const isUrls = /^http:\/\/\S+( http:\/\/\S+)*$/;

/**
 * Rewrites the URLs in an app's environment.
 *
 * @param environment variables by name, of which some hold `http://host:port/…`, or several, separated by spaces
 * @param resolve gives the real address of each URL's host and port
 * @returns the variables with the addresses exchanged
 */
export function rewriteEnvironment(
  environment: Readonly<Record<string, string>>,
  resolve: Resolve,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      isUrls.test(value)
        ? value.replace(/http:\/\/([^:/]+):(\d+)/g, (_, host: string, port: string) =>
            urlOf(resolve({ host, port: Number(port) })),
          )
        : value,
    ]),
  );
}
