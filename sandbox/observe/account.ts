import type { CollectorTrouble, ReportCounters } from './envoy-counters.js';
import type { EnvoySnapshot, Snapshot } from './snapshot.js';

/** What one Envoy did between two snapshots. */
export interface EnvoyAccount {
  readonly kind: 'envoy';
  /** Its counters began anew in between; what it had counted before is not in this account. */
  readonly restarted: boolean;
  readonly requests: number;
  readonly traced: number;
  readonly attempts: number;
  readonly sent: number;
  readonly reports: ReportCounters;
  readonly trouble: CollectorTrouble;
  readonly spansPerReport: number;
}

/** What one app did between two snapshots; `buffered` is at the end. */
export interface AppAccount {
  readonly kind: 'app';
  readonly restarted: boolean;
  readonly recorded: number;
  readonly sent: number;
  readonly accepted: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly buffered: number;
}

export type Account = EnvoyAccount | AppAccount;

type Counts<T> = { readonly [Name in keyof T]: number };

/** Each count less what it was, or as it is where counting began anew. */
function difference<T extends Counts<T>>(later: T, earlier: T | undefined): T {
  const names = Object.keys(later) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, later[name] - (earlier?.[name] ?? 0)])) as T;
}

const clockLeeway = 3;

function envoyAccount(later: EnvoySnapshot, before: EnvoySnapshot | undefined, seconds: number): EnvoyAccount {
  const restarted = before === undefined || later.uptimeSeconds < before.uptimeSeconds + seconds - clockLeeway;
  const earlier = restarted ? undefined : before;
  return {
    kind: 'envoy',
    restarted,
    requests: later.requests - (earlier?.requests ?? 0),
    traced: later.traced - (earlier?.traced ?? 0),
    attempts: later.attempts - (earlier?.attempts ?? 0),
    sent: later.spansSent - (earlier?.spansSent ?? 0),
    reports: difference(later.reports, earlier?.reports),
    trouble: difference(later.collector, earlier?.collector),
    spansPerReport: later.spansPerReport,
  };
}

/**
 * What each reporter did between two snapshots, by its name in Zipkin; undefined where its counters cannot be read now.
 * An app ends with its sidecar, so it has been restarted when that has.
 */
export function accountReporters(before: Snapshot, after: Snapshot): Record<string, Account | undefined> {
  const seconds = (after.at - before.at) / 1000;
  const accounts: Record<string, Account | undefined> = {};
  for (const [name, later] of Object.entries(after.envoys)) {
    accounts[name] = later && envoyAccount(later, before.envoys[name], seconds);
  }
  for (const [name, later] of Object.entries(after.apps)) {
    if (!later) {
      accounts[name] = undefined;
      continue;
    }
    const known = before.apps[name];
    const sidecar = accounts[name.replace(/-app$/, '')];
    const restarted = known === undefined || sidecar?.restarted === true || later.recorded < known.recorded;
    const earlier = restarted ? undefined : known;
    const dropped = Object.fromEntries(
      Object.entries(later.dropped).map(([reason, spans]) => [reason, spans - (earlier?.dropped[reason] ?? 0)]),
    );
    accounts[name] = {
      kind: 'app',
      restarted,
      recorded: later.recorded - (earlier?.recorded ?? 0),
      sent: later.sent - (earlier?.sent ?? 0),
      accepted: later.accepted - (earlier?.accepted ?? 0),
      dropped,
      buffered: later.buffered,
    };
  }
  return accounts;
}
