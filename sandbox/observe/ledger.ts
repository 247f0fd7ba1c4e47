import { type LedgerInput, type LedgerRow, rowOf } from './ledger-row.js';
import { edgeBetween } from './snapshot.js';

export interface Ledger {
  readonly rows: readonly LedgerRow[];
  readonly total: { readonly stored: number; readonly evicted: number; readonly missing: number };
  readonly wholeTraces: number;
  /** The ids of a few of them. */
  readonly incompleteTraces: readonly string[];
  /** What is odd but not a loss, or makes the ledger inexact. */
  readonly notes: readonly string[];
}

/**
 * Compares what every reporter counted with what Zipkin has. It says for each where the two differ and which counters
 * explain that. No number of a row is computed from another one, so a counter that stands still is noticed.
 *
 * An Envoy may give up a report that Zipkin took. A stored span is not missing, whatever the Envoy counted.
 */
export function joinLedger(input: LedgerInput): Ledger {
  const { traffic, before, after, found, collector } = input;
  const atEdge = edgeBetween(before, after);
  const others = Math.max(0, atEdge.requests - traffic.requests);
  const everyTraced = traffic.sampled ?? atEdge.traced >= atEdge.requests;
  // One of the user's own apps may report under any name.
  const unknown = traffic.ownApps.length > 0 ? Object.keys(found.stored) : [];
  const reporters = new Set([...Object.keys(after.reporters), ...unknown]);
  const rows = [...reporters].map((reporter) => rowOf(reporter, input, everyTraced, others > 0));
  const sum = (column: 'stored' | 'evicted' | 'missing') => rows.reduce((total, row) => total + row[column], 0);
  const [stored, evicted] = [sum('stored'), sum('evicted')];
  // Evicted spans can no longer be read. Only the collector's counter shows that Zipkin had them.
  const unproven = Math.max(0, Math.min(evicted, stored + evicted - (collector.spans - collector.spansDropped)));
  const unexpected = Object.entries(found.unexpected).map(([reporter, spans]) => `${spans} of ${reporter}`);
  const notes = [
    unproven > 0 &&
      `${unproven} spans count as missing: they seem to be evicted, but Zipkin's collector did not count them`,
    others > 0 && `${others} requests of others passed the front proxy during the load, so no counters are compared`,
    unexpected.length > 0 && `more spans than the requests should leave: ${unexpected.join(', ')}`,
    collector.restarts > 0 &&
      `Zipkin was restarted ${collector.restarts === 1 ? 'once' : `${collector.restarts} times`}`,
    collector.silentSeconds > 3 && `Zipkin did not answer for ${collector.silentSeconds.toFixed(0)} s`,
    collector.messagesDropped > 0 && `Zipkin could not read ${collector.messagesDropped} reports and refused them`,
  ];
  return {
    rows,
    total: { stored, evicted, missing: sum('missing') + unproven },
    wholeTraces: found.wholeTraces,
    incompleteTraces: found.incompleteTraces,
    notes: notes.flatMap((note) => note || []),
  };
}
