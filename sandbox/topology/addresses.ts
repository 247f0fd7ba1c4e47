import { isMap, isScalar, parseDocument, visit } from 'yaml';
import { urlOf } from './this-machine.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Gives the place on this machine of an address of the virtual network. */
export type Resolve = (address: Address) => Address;

/**
 * Replaces the addresses in an Envoy configuration and changes nothing else.
 *
 * @param text an Envoy bootstrap in YAML
 * @param resolve gives the real address of each `socket_address` in the file
 * @returns the same text with the real addresses
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
 * Replaces the addresses in the URLs of an app's environment.
 *
 * @param environment variables by name; some contain `http://host:port/…`, or several URLs separated by spaces
 * @param resolve gives the real address of each URL's host and port
 * @returns the variables with the real addresses
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
