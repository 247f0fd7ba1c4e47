import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Processor time of one kind of process, in microseconds, for each request that passes it. */
export interface Cost {
  /** Where the request is not sampled. */
  readonly untraced: number;
  /** Where it is. */
  readonly traced: number;
}

/** What the parts of this sandbox were measured to take on one machine, everything on it. */
export interface Measured {
  /** The processor's cores and its name. */
  readonly machine: string;
  /** Day of the measurement, YYYY-MM-DD. */
  readonly date: string;
  readonly spansPerRequest: number;
  /** `/trace/1` through everything, while it was measured. */
  readonly requestsPerSecond: number;
  readonly front: Cost;
  /** A sidecar's listener: service1's is passed twice in a request, in and out, service2's once. */
  readonly sidecar: Cost;
  /** The app that answers and calls another. */
  readonly callingApp: Cost;
  /** The app that only answers. */
  readonly answeringApp: Cost;
  /** Microseconds of processor time for each span. */
  readonly zipkin: number;
  readonly cassandra: number;
  /** A span as it is sent, JSON, and as one Cassandra keeps it, indexes included. */
  readonly bytesPerSpan: { readonly sent: number; readonly stored: number };
}

const file = 'sandbox/sizing/measured.json';

/** @param root the project's folder */
export async function readMeasured(root: string): Promise<Measured> {
  return JSON.parse(await readFile(join(root, file), 'utf8')) as Measured;
}

/** @returns the file's name in the project */
export async function writeMeasured(root: string, measured: Measured): Promise<string> {
  await writeFile(join(root, file), `${JSON.stringify(measured, null, 2)}\n`);
  return file;
}
