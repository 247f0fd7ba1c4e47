import type { Address } from './addresses.js';
import { type ComposeService, zipkinIn } from './compose-file.js';
import { urlOf } from './this-machine.js';

/** Zipkin's port in its container. */
export const zipkinPort = 9411;

/** A port on which nobody listens. The Envoys send there while Zipkin has no address. */
const nobodysPort = 1;

const ownAddresses = new Set(['0.0.0.0', '127.0.0.1']);

/** Maps the addresses of the virtual network to this machine: published ports as they are, all others to free ports. */
export class AddressBook {
  readonly #known = new Map<string, Address>();
  readonly #free: number[];

  /** @param zipkinUrl another Zipkin, which replaces the one of docker-compose.yml */
  constructor(services: readonly ComposeService[], freePorts: readonly number[], zipkinUrl: string | undefined) {
    this.#free = [...freePorts];
    for (const service of services) {
      for (const { bind, port, target } of service.ports)
        this.#known.set(`${service.name}:${target}`, { host: bind, port });
    }
    if (zipkinUrl) {
      const { hostname, port } = new URL(zipkinUrl);
      this.#known.set(`${zipkinIn(services)?.name}:${zipkinPort}`, { host: hostname, port: Number(port || 80) });
    }
  }

  /** The place on this machine of an address that `service` uses: its own, or another service's. */
  locate(service: string, address: Address): Address {
    if (address.port === nobodysPort) return address;
    const key = `${ownAddresses.has(address.host) ? service : address.host}:${address.port}`;
    const known = this.#known.get(key);
    if (known) return known;
    const port = this.#free.pop();
    if (port === undefined) throw new Error(`native plan: no free port was left for ${key}`);
    const place = { host: '127.0.0.1', port };
    this.#known.set(key, place);
    return place;
  }

  url(service: string, port: number): string {
    return urlOf(this.locate(service, { host: '127.0.0.1', port }));
  }
}
