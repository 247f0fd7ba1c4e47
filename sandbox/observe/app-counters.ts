/** What an app's /reporter says of its spans. */
export interface AppCounters {
  readonly recorded: number;
  readonly sent: number;
  readonly accepted: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly buffered: number;
  readonly collector: 'reachable' | 'away';
}

/**
 * @param text an app's `/reporter`, JSON
 * @throws SyntaxError where it is no JSON
 */
export function readAppCounters(text: string): AppCounters {
  return JSON.parse(text) as AppCounters;
}

/** @returns the counters of all instances of an app together */
export function addAppCounters(instances: readonly AppCounters[]): AppCounters {
  const sum = (count: (instance: AppCounters) => number): number =>
    instances.reduce((total, instance) => total + count(instance), 0);
  const reasons = new Set(instances.flatMap(({ dropped }) => Object.keys(dropped)));
  return {
    recorded: sum(({ recorded }) => recorded),
    sent: sum(({ sent }) => sent),
    accepted: sum(({ accepted }) => accepted),
    dropped: Object.fromEntries([...reasons].map((reason) => [reason, sum(({ dropped }) => dropped[reason] ?? 0)])),
    buffered: sum(({ buffered }) => buffered),
    collector: instances.every(({ collector }) => collector === 'reachable') ? 'reachable' : 'away',
  };
}
