import assert from 'node:assert/strict';
import { type Manifest, selects, workloadsOf } from './manifest.js';

/**
 * Reads NetworkPolicies. Both ends of a connection must allow it.
 *
 * @returns the connections that a cluster allows if it enforces them, as `from → to:port`
 */
export function reachable(manifests: readonly Manifest[], ports: readonly number[]): string[] {
  const workloads = workloadsOf(manifests);
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
  const outside = { name: 'outside', labels: undefined };
  const own = { 'kubernetes.io/metadata.name': 'envoymesh' };
  type End = { readonly name: string; readonly labels: Readonly<Record<string, string>> | undefined };
  const allows = (direction: 'Ingress' | 'Egress', at: End, other: End, port: number): boolean => {
    const { labels } = at;
    if (labels === undefined) return true;
    const applying = policies.filter(
      ({ spec }) => spec?.policyTypes?.includes(direction) && selects(spec.podSelector ?? {}, labels),
    );
    assert.ok(applying.length > 0, `${at.name} has no ${direction} policy`);
    return applying.some(({ spec }) => {
      const rules =
        direction === 'Ingress'
          ? spec?.ingress?.map(({ from, ports }) => ({ peers: from, ports }))
          : spec?.egress?.map(({ to, ports }) => ({ peers: to, ports }));
      return (rules ?? []).some(
        ({ peers, ports }) =>
          (ports === undefined || ports.some((one) => one.port === port)) &&
          (peers === undefined ||
            peers.some(
              ({ podSelector = {}, namespaceSelector = { matchLabels: own } }) =>
                other.labels !== undefined && selects(namespaceSelector, own) && selects(podSelector, other.labels),
            )),
      );
    });
  };
  const ends: End[] = [outside, ...workloads];
  return ends.flatMap((from) =>
    ends.flatMap((to) =>
      to === outside
        ? []
        : ports.flatMap((port) =>
            allows('Egress', from, to, port) && allows('Ingress', to, from, port)
              ? [`${from.name} → ${to.name}:${port}`]
              : [],
          ),
    ),
  );
}
