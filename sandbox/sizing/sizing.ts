import type { Cost, Measured } from './measured.js';

/** What is to be carried, and what it is carried on. */
export interface Demand {
  /** Requests a second at the busiest time, each like `/trace/1`. */
  readonly requestsPerSecond: number;
  /** The share of them that is traced, above 0 and up to 1. */
  readonly sampling: number;
  /** How long spans are kept; Zipkin's schema has 7 days for spans. */
  readonly days: number;
  /** In how many Cassandra nodes each span is kept. */
  readonly copies: number;
  /** How busy a core may be at the busiest time, above 0 and below 1. */
  readonly busy: number;
  /** Of one Cassandra node. */
  readonly nodeCores: number;
  readonly nodeBytes: number;
}

/** A machine room that most have. */
export const usual = { days: 7, copies: 3, busy: 0.6, nodeCores: 8, nodeBytes: 1e12 } as const;

/** What of a node's disk may be full: compaction needs the rest. */
const DISK_SHARE = 0.5;
/** Envoys send with one connection or more to each Zipkin; beyond this many senders a tier between them pays. */
const MOST_REPORTERS = 1000;
/** Spans of one `/trace/1` that Envoys report: they keep nothing for a Zipkin that is away. The apps do. */
const ENVOY_SHARE = 8 / 11;

/** What it takes. Pods have one core each. */
export interface Sizing {
  readonly tracesPerSecond: number;
  readonly spansPerSecond: number;
  /** Bytes a second from reporters to Zipkin. */
  readonly sentBytesPerSecond: number;
  readonly fronts: number;
  readonly service1: number;
  readonly service2: number;
  readonly zipkins: number;
  readonly cassandra: {
    readonly nodes: number;
    /** All copies, after `days`. */
    readonly bytes: number;
    readonly boundBy: 'processor' | 'disk' | 'copies';
  };
  /** Processes that report spans. */
  readonly reporters: number;
  /** Spans that are lost in each second in which one of the Zipkins takes reports and does not answer. */
  readonly lostPerSecondAway: number;
  readonly reporting: 'direct' | 'collectors';
}

const MICROS = 1e6;
const DAY_SECONDS = 86_400;

function require(holds: boolean, what: string): void {
  if (!holds) throw new RangeError(what);
}

function checked(demand: Demand): Demand {
  const { requestsPerSecond, sampling, days, copies, busy, nodeCores, nodeBytes } = demand;
  require(requestsPerSecond > 0 && Number.isFinite(requestsPerSecond), 'requestsPerSecond must be above 0');
  require(sampling > 0 && sampling <= 1, 'sampling must be above 0 and up to 1');
  require(busy > 0 && busy < 1, 'busy must be between 0 and 1');
  require(days > 0 && copies >= 1 && nodeCores > 0 && nodeBytes > 0, 'days, copies and nodes must be above 0');
  return demand;
}

function nodesFor(measured: Measured, demand: Demand, spansPerSecond: number): Sizing['cassandra'] {
  const { days, copies, busy, nodeCores, nodeBytes } = demand;
  const bytes = spansPerSecond * days * DAY_SECONDS * measured.bytesPerSpan.stored * copies;
  const byProcessor = Math.ceil((spansPerSecond * copies * measured.cassandra) / MICROS / (nodeCores * busy));
  const byDisk = Math.ceil(bytes / (nodeBytes * DISK_SHARE));
  const nodes = Math.max(byProcessor, byDisk, copies);
  const boundBy = nodes === byDisk ? 'disk' : nodes === byProcessor ? 'processor' : 'copies';
  return { nodes, bytes, boundBy };
}

/**
 * Says what a demand takes, from what was measured, in proportion: so many times the requests, so many times the cores.
 *
 * @throws RangeError naming the part of the demand that cannot be
 */
export function sizeOf(measured: Measured, demand: Demand): Sizing {
  const { requestsPerSecond, sampling, busy } = checked(demand);
  // Where tracing's share was smaller than the noise, it is none: sampling less never takes more.
  const micros = ({ untraced, traced }: Cost): number => untraced + sampling * Math.max(0, traced - untraced);
  const pods = (microsPerRequest: number): number => Math.ceil((requestsPerSecond * microsPerRequest) / MICROS / busy);
  const tracesPerSecond = requestsPerSecond * sampling;
  const spansPerSecond = tracesPerSecond * measured.spansPerRequest;
  const sidecar = micros(measured.sidecar);
  const fronts = pods(micros(measured.front));
  // A pod's app and sidecar have a core each.
  const service1 = pods(Math.max(micros(measured.callingApp), 2 * sidecar));
  const service2 = pods(Math.max(micros(measured.answeringApp), sidecar));
  const zipkins = Math.max(1, Math.ceil((spansPerSecond * measured.zipkin) / MICROS / busy));
  const reporters = fronts + 2 * (service1 + service2);
  return {
    tracesPerSecond,
    spansPerSecond,
    sentBytesPerSecond: spansPerSecond * measured.bytesPerSpan.sent,
    fronts,
    service1,
    service2,
    zipkins,
    cassandra: nodesFor(measured, demand, spansPerSecond),
    reporters,
    lostPerSecondAway: (spansPerSecond * ENVOY_SHARE) / zipkins,
    reporting: reporters > MOST_REPORTERS ? 'collectors' : 'direct',
  };
}

/**
 * The largest share of requests that can be traced where the store has so many nodes. Rounded down to what
 * SAMPLING_PERCENT can say: hundredths of a percent.
 *
 * @returns from 0.0001 to 1; 0 where not even the smallest fits
 */
export function samplingFor(measured: Measured, demand: Omit<Demand, 'sampling'>, nodes: number): number {
  const { copies, days, busy, nodeCores, nodeBytes, requestsPerSecond } = checked({ ...demand, sampling: 1 });
  if (nodes < copies) return 0;
  const byProcessor = (nodes * nodeCores * busy * MICROS) / (copies * measured.cassandra);
  const byDisk = (nodes * nodeBytes * DISK_SHARE) / (days * DAY_SECONDS * measured.bytesPerSpan.stored * copies);
  const share = Math.min(byProcessor, byDisk) / (requestsPerSecond * measured.spansPerRequest);
  return Math.min(1, Math.floor(share * 10_000) / 10_000);
}
