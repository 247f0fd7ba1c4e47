import { cpus } from 'node:os';
import { execa } from 'execa';
import { countersOf } from '../ledger/counter-source.js';
import { takeQuietSnapshot } from '../ledger/snapshot.js';
import { generateLoad } from '../load/generate.js';
import type { RunningSandbox } from '../topology/running-sandbox.js';
import { fetchText, waitFor } from '../topology/wait.js';
import { ZipkinClient } from '../zipkin/client.js';
import type { Cost, Measured } from './measured.js';
import { type ProcessorTime, readProcessorTime } from './processor-time.js';

const services = ['front-envoy', 'service1', 'service2', 'zipkin', 'cassandra'] as const;

type Times = Readonly<Record<(typeof services)[number], ProcessorTime>>;

/** How a measurement goes. */
export interface MeasurePlan {
  /** The project's folder. */
  readonly root: string;
  /** Of each load: without and with traces. */
  readonly seconds: number;
  /** Is told what goes on. */
  readonly onProgress: (text: string) => void;
}

/** Node names its process by its main thread. */
const node = 'MainThread';
const concurrency = 16;
/** Requests a second: what two cores carry with ease, so that nothing waits and nothing is measured twice. */
const rate = 40;
/** Two JVMs, of which Cassandra's has just begun. */
const warmUpSeconds = 60;
const none: ProcessorTime = {};

class Measurement {
  readonly #zipkin: ZipkinClient;

  constructor(
    private readonly sandbox: RunningSandbox,
    private readonly plan: MeasurePlan,
  ) {
    this.#zipkin = new ZipkinClient(sandbox.zipkinUrl);
  }

  async #compose(...args: string[]): Promise<string> {
    return (await execa('docker', ['compose', ...args], { cwd: this.plan.root, stdin: 'ignore' })).stdout;
  }

  async #times(): Promise<Times> {
    const times = { 'front-envoy': none, service1: none, service2: none, zipkin: none, cassandra: none };
    for (const service of services) {
      // A probe's process may end while cat runs.
      const stats = await this.#compose('exec', '-T', service, 'sh', '-c', 'cat /proc/[0-9]*/stat 2>/dev/null || true');
      times[service] = readProcessorTime(stats);
    }
    return times;
  }

  async #collector(): Promise<{ readonly spans: number; readonly bytes: number }> {
    const metrics = await this.#zipkin.metrics();
    const counter = (name: string): number => metrics[`counter.zipkin_collector.${name}.http`] ?? 0;
    return { spans: counter('spans') - counter('spans_dropped'), bytes: counter('bytes') };
  }

  /** Everything in memory is written out when Cassandra starts again. */
  async #storedBytes(): Promise<number> {
    await this.#compose('restart', 'cassandra');
    await waitFor(
      'Cassandra behind Zipkin',
      () => fetchText(`${this.sandbox.zipkinUrl}/health`, (body) => /"status"\s*:\s*"UP"/.test(body)),
      { seconds: 180, everyMs: 1000 },
    );
    const used = await this.#compose('exec', '-T', 'cassandra', 'du', '-s', '-B1', '/var/lib/cassandra/data/zipkin2');
    return Number.parseInt(used, 10);
  }

  /** Sends requests at that rate; what is reported afterwards counts too. */
  async #load(seconds: number, headers: Readonly<Record<string, string>>) {
    const before = { times: await this.#times(), collector: await this.#collector() };
    const plan = { frontUrl: this.sandbox.frontUrl, path: '/trace/1', headers, concurrency, rate };
    let refused = 0;
    const onAnswer = ({ status }: { readonly status: number }): void => {
      if (status !== 200) refused += 1;
    };
    const limits = { seconds, count: Number.MAX_SAFE_INTEGER };
    const generated = await generateLoad({ ...plan, ...limits }, onAnswer, new AbortController().signal);
    if (refused + generated.requests - generated.answered > 0)
      throw new Error(`${refused} requests were not answered with 200`);
    const { quiet } = await takeQuietSnapshot(countersOf(this.sandbox), 60);
    if (!quiet) throw new Error('a minute after the load some reporter still had spans to send');
    const after = { times: await this.#times(), collector: await this.#collector() };
    const used = (service: keyof Times, command: string): number =>
      ((after.times[service][command] ?? 0) - (before.times[service][command] ?? 0)) * 1e6;
    return {
      requests: generated.requests,
      requestsPerSecond: generated.requests / generated.seconds,
      spans: after.collector.spans - before.collector.spans,
      bytes: after.collector.bytes - before.collector.bytes,
      micros: used,
    };
  }

  async run(): Promise<Measured> {
    const { seconds, onProgress } = this.plan;
    onProgress('Cassandra: what it holds before');
    const storedBefore = await this.#storedBytes();
    onProgress(`warming up for ${warmUpSeconds} s`);
    const warmUp = await this.#load(warmUpSeconds, {});
    onProgress(`${seconds} s without traces`);
    const untraced = await this.#load(seconds, { b3: '0' });
    onProgress(`${seconds} s with traces`);
    const traced = await this.#load(seconds, {});
    onProgress('Cassandra: what it holds now');
    const stored = (await this.#storedBytes()) - storedBefore;

    const parts = [
      traced.micros('service1', node),
      traced.micros('zipkin', 'java'),
      traced.micros('front-envoy', 'envoy'),
    ];
    if (parts.some((micros) => micros === 0))
      throw new Error('a part used no processor time; is it named differently?');
    const [{ model = 'unknown' } = {}] = cpus();
    const cost = (micros: (load: typeof traced) => number): Cost => ({
      untraced: Math.round(micros(untraced) / untraced.requests),
      traced: Math.round(micros(traced) / traced.requests),
    });
    return {
      machine: `${cpus().length} cores, ${model.replaceAll(/\s+/g, ' ')}`,
      date: new Date().toISOString().slice(0, 10),
      spansPerRequest: Math.round(traced.spans / traced.requests),
      requestsPerSecond: Math.round(traced.requestsPerSecond),
      front: cost(({ micros }) => micros('front-envoy', 'envoy')),
      sidecar: cost(({ micros }) => (micros('service1', 'envoy') + micros('service2', 'envoy')) / 3),
      callingApp: cost(({ micros }) => micros('service1', node)),
      answeringApp: cost(({ micros }) => micros('service2', node)),
      zipkin: Math.round(traced.micros('zipkin', 'java') / traced.spans),
      cassandra: Math.round(traced.micros('cassandra', 'java') / traced.spans),
      bytesPerSpan: {
        sent: Math.round(traced.bytes / traced.spans),
        stored: Math.round(stored / (warmUp.spans + traced.spans)),
      },
    };
  }
}

/**
 * Loads the Compose sandbox with deploy/compose.cassandra.yml, first without and then with traces, and reads what each
 * process used of the processor and what Cassandra keeps. Restarts Cassandra twice.
 *
 * @throws Error where that sandbox does not run, or does not answer every request
 */
export async function measure(sandbox: RunningSandbox, plan: MeasurePlan): Promise<Measured> {
  const { stdout } = await execa('docker', ['compose', 'ps', '--services'], { cwd: plan.root, reject: false });
  if (sandbox.mode !== 'compose' || !stdout?.split('\n').includes('cassandra')) {
    throw new Error(
      'no Compose sandbox with Cassandra runs; export COMPOSE_FILE=docker-compose.yml:deploy/compose.cassandra.yml and docker compose up --build -d',
    );
  }
  return new Measurement(sandbox, plan).run();
}
