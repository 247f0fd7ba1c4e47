import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

const loopback = /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost)$/;

/** A host as in a URL: IPv6 in brackets. */
const inUrl = (host: string) => (isIPv6(host) ? `[${host}]` : host);

function interfaceAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.map(({ address }) => inUrl(address));
}

/** @returns whether a host of a URL is this machine: on loopback, or the address of an interface */
export function isThisMachine(host: string): boolean {
  return loopback.test(host) || interfaceAddresses().includes(inUrl(host));
}

/** @returns the URL at which this machine reaches a listener; `0.0.0.0` and `::` listen on loopback too */
export function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${inUrl(reached)}:${port}`;
}

/** Makes Node ask this machine's addresses directly if it uses a proxy for the rest (NODE_USE_ENV_PROXY). */
export function askThisMachineDirectly(environment: NodeJS.ProcessEnv): void {
  const given = environment.no_proxy ?? environment.NO_PROXY;
  environment.no_proxy = [...(given ? [given] : []), 'localhost', '127.0.0.1', ...interfaceAddresses()].join(',');
}
