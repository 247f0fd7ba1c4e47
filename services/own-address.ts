import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const LONGEST_LOOKUP_MS = 1000;

/**
 * The IPv4 address by which this host knows itself.
 *
 * @param hostname the host's name
 * @returns what the name resolves to within a second, else the first address that is not loopback, else 127.0.0.1;
 *   never throws
 */
export async function ownIpv4(hostname: string): Promise<string> {
  const found = lookup(hostname, { family: 4 }).then(
    ({ address }) => address,
    () => undefined,
  );
  const resolved = await Promise.race([found, delay(LONGEST_LOOKUP_MS, undefined, { ref: false })]);
  if (resolved !== undefined) return resolved;
  const addresses = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
