import { isMap, isPair, parseDocument, visit } from 'yaml';
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
 * @returns the same configuration in YAML, with the addresses exchanged
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/address.proto
 */
export function rewriteEnvoyAddresses(text: string, resolve: Resolve): string {
  const document = parseDocument(text);
  visit(document, {
    Pair(_, pair) {
      if (!isPair(pair) || String(pair.key) !== 'socket_address' || !isMap(pair.value)) return;
      const { host, port } = resolve({
        host: String(pair.value.get('address')),
        port: Number(pair.value.get('port_value')),
      });
      pair.value.set('address', host);
      pair.value.set('port_value', port);
    },
  });
  return document.toString();
}

/**
 * Rewrites the URLs in an app's environment.
 *
 * @param environment variables by name, of which some hold `http://host:port/…`
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
      value.replace(/^http:\/\/([^:/]+):(\d+)/, (_, host: string, port: string) =>
        urlOf(resolve({ host, port: Number(port) })),
      ),
    ]),
  );
}
