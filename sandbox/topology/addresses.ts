import { urlOf } from './this-machine.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Gives the place on this machine of an address of the virtual network. */
export type Resolve = (address: Address) => Address;

/** @returns whether a host in an Envoy file or in an app's environment is the service's own container */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.');
}

const isUrls = /^http:\/\/\S+( http:\/\/\S+)*$/;

/**
 * Replaces the addresses in the URLs of an app's environment.
 *
 * @param environment variables by name; some contain `http://host:port/…`, or several URLs separated by spaces
 */
export function rewriteEnvironment(
  environment: Readonly<Record<string, string>>,
  resolve: Resolve,
): Record<string, string> {
  const rewrite = (urls: string) =>
    urls.replace(/http:\/\/([^:/]+):(\d+)/g, (_, host, port) => urlOf(resolve({ host, port: Number(port) })));
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, isUrls.test(value) ? rewrite(value) : value]),
  );
}

/** A port on which nobody listens. The Envoys send there while Zipkin has no address. */
const nobodysPort = 1;

/** Maps the addresses of the virtual network to this machine: published ports as they are, all others to free ports. */
export class AddressBook {
  readonly #free: number[];

  /**
   * @param known the places of published ports, by `service:port`
   * @param freePorts for all others
   */
  constructor(
    private readonly known: Map<string, Address>,
    freePorts: readonly number[],
  ) {
    this.#free = [...freePorts];
  }

  /** The place on this machine of an address that `service` uses: its own, or another service's. */
  locate(service: string, { host, port }: Address): Address {
    if (port === nobodysPort) return { host, port };
    const key = `${host === '0.0.0.0' || isLoopback(host) ? service : host}:${port}`;
    const known = this.known.get(key);
    if (known) return known;
    const free = this.#free.pop();
    if (free === undefined) throw new Error(`native plan: no free port was left for ${key}`);
    const place = { host: '127.0.0.1', port: free };
    this.known.set(key, place);
    return place;
  }

  url(service: string, port: number): string {
    return urlOf(this.locate(service, { host: '127.0.0.1', port }));
  }
}
