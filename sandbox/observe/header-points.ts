import type { Hop } from '../topology/request-way.js';
import type { HopRecord } from './header-log.js';

/** A point of a request's way where a hop logs its trace headers. */
export interface HeaderPoint extends Pick<HopRecord, 'at' | 'direction'> {
  /** An Envoy's listener. */
  readonly listener?: string;
  /** The cluster to which an Envoy sends the request; for an app's call, the cluster to which its sidecar sends it. */
  readonly cluster: string | undefined;
}

/**
 * @returns the points in the order in which a request passes them, one branch after the other; the user's own apps have
 *   none
 */
export function headerPointsOf({ reporter, listener, app, calls }: Hop): HeaderPoint[] {
  const at = reporter.name;
  if (listener) {
    const out: HeaderPoint = { at, listener: listener.name, direction: 'out', cluster: calls[0]?.destination };
    return [out, ...calls.flatMap(({ to }) => (to ? headerPointsOf(to) : []))];
  }
  const entered: HeaderPoint = { at, direction: 'in', cluster: undefined };
  const branches = calls.flatMap(({ to }): HeaderPoint[] => {
    const out: HeaderPoint = { at, direction: 'out', cluster: to?.calls[0]?.destination };
    return [...(app?.isOwn ? [] : [out]), ...(to ? headerPointsOf(to) : [])];
  });
  return [...(app?.isOwn ? [] : [entered]), ...branches];
}

/** Names a point by its hop and direction, for example `NAME egress out`. */
export function labelOfPoint({ at, listener, direction }: Omit<HeaderPoint, 'cluster'>): string {
  return `${listener ? `${at} ${listener}` : at} ${direction}`;
}

const isBelow = ({ headers }: HopRecord, above: HopRecord): boolean => {
  const id = above.headers['x-b3-spanid'];
  return id !== undefined && [headers['x-b3-spanid'], headers['x-b3-parentspanid']].includes(id);
};

/**
 * Puts what the hops logged into the order of the request's way. If an app makes several calls, the cluster and the
 * span ids tell the records apart. A retry comes after the first attempt.
 *
 * @returns the records in order, and the points without a record
 */
export function arrangeRecords(
  points: readonly HeaderPoint[],
  records: readonly HopRecord[],
): { readonly ordered: readonly HopRecord[]; readonly missing: readonly HeaderPoint[] } {
  const left = new Set(records);
  const missing: HeaderPoint[] = [];
  const ordered: HopRecord[] = [];
  for (const point of points) {
    const last = ordered.at(-1);
    const leadsTo = (record: HopRecord) =>
      record.listener
        ? record
        : (records.find((each) => each.cluster === point.cluster && isBelow(each, record)) ?? record);
    const likeness = (record: HopRecord) =>
      Number(leadsTo(record).cluster === point.cluster) * 2 + Number(last !== undefined && isBelow(record, last));
    const [taken] = [...left]
      .filter((record) => labelOfPoint(record) === labelOfPoint(point))
      .sort((a, b) => likeness(b) - likeness(a));
    if (!taken) missing.push(point);
    else {
      ordered.push(taken);
      left.delete(taken);
    }
  }
  for (const record of left) {
    const behind = ordered.findLastIndex((each) => labelOfPoint(each) === labelOfPoint(record));
    ordered.splice(behind < 0 ? ordered.length : behind + 1, 0, record);
  }
  return { ordered, missing };
}
