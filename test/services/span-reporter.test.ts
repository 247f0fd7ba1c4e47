import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type TestContext, test } from 'node:test';
import { model, randomTraceId, TraceId } from 'zipkin';
import type { ReporterConfig } from '../../services/config.js';
import { type ReporterCounters, SpanReporter } from '../../services/span-reporter.js';
import { eventually } from './eventually.js';
import { listen } from './running-app.js';

interface ReceivedSpan {
  readonly id: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}
type Batch = readonly ReceivedSpan[];

/** A collector whose answer to each batch a test chooses: a status, or 'hang' for none. */
class ChosenCollector {
  readonly accepted: ReceivedSpan[] = [];
  readonly batches: Batch[] = [];
  mostAtOnce = 0;
  answer: (batch: Batch) => number | 'hang' | Promise<number> = () => 202;
  #atOnce = 0;

  readonly listener: RequestListener = async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const batch: Batch = JSON.parse(body);
    this.batches.push(batch);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    const status = await this.answer(batch);
    this.#atOnce--;
    if (status === 'hang') return;
    if (status < 300) this.accepted.push(...batch);
    response.writeHead(status).end('a body that nobody should log');
  };
}

interface Setup {
  readonly collector: ChosenCollector;
  readonly reporter: SpanReporter;
  readonly lines: string[];
  /** Logs spans named from `first` on. */
  report(count: number, first?: number, tags?: Record<string, string>): void;
  settled(what: string, seen: (counters: ReporterCounters) => boolean): Promise<ReporterCounters>;
}

async function setUp(t: TestContext, bounds: Partial<ReporterConfig> = {}): Promise<Setup> {
  const collector = new ChosenCollector();
  const { url, close } = await listen(collector.listener);
  t.after(close);
  return { collector, ...reporting(url, bounds) };
}

function reporting(url: string, bounds: Partial<ReporterConfig>): Omit<Setup, 'collector'> {
  const lines: string[] = [];
  const config = {
    endpoint: new URL('/api/v2/spans', url),
    intervalMs: 20,
    timeoutMs: 5000,
    maxSpans: 1000,
    maxBytes: 1_000_000,
    batchSpans: 100,
    ...bounds,
  };
  const reporter = new SpanReporter(config, (line) => lines.push(line));
  return {
    reporter,
    lines,
    report(count, first = 0, tags = {}) {
      for (let n = first; n < first + count; n++) {
        const span = new model.Span(new TraceId({ traceId: randomTraceId(), spanId: randomTraceId() }));
        span.setName(`span ${n}`);
        for (const [key, value] of Object.entries(tags)) span.putTag(key, value);
        reporter.logger.logSpan(span);
      }
    },
    settled: (what, seen) => eventually(what, () => seen(reporter.counters()) && reporter.counters()),
  };
}

const nothingBuffered = ({ buffered }: ReporterCounters): boolean => buffered === 0;
const names = (spans: readonly ReceivedSpan[]): string[] => spans.map(({ name }) => name);
const numbered = (count: number, first = 0): string[] => Array.from({ length: count }, (_, n) => `span ${first + n}`);

function assertAddsUp({ recorded, accepted, dropped, buffered }: ReporterCounters): void {
  assert.equal(recorded, accepted + buffered + Object.values(dropped).reduce((sum, count) => sum + count, 0));
}

test('spans arrive in order and are counted; a reachable collector is worth no line', async (t) => {
  const { collector, report, settled, lines } = await setUp(t);
  report(250);
  assert.deepEqual(await settled('all spans', nothingBuffered), {
    recorded: 250,
    sent: 250,
    accepted: 250,
    retried: 0,
    dropped: {},
    buffered: 0,
    collector: 'reachable',
  });
  assert.deepEqual(names(collector.accepted), numbered(250));
  assert.deepEqual(
    collector.batches.map(({ length }) => length),
    [100, 100, 50],
  );
  assert.deepEqual(lines, []);
});

test('a span is taken apart from its neighbours whatever its text', async (t) => {
  const { collector, report, settled } = await setUp(t, { batchSpans: 1 });
  const tags = { odd: '},\n{"id":"x"},{ \\n \u2028 💩 "', 'a\nb': ',\n' };
  report(3, 0, tags);
  await settled('all spans', nothingBuffered);
  assert.equal(collector.batches.length, 3);
  for (const span of collector.accepted) assert.deepEqual(span.tags, tags);
});

for (const status of [503, 500, 502, 429, 408]) {
  test(`a batch answered ${status} is sent again until it is accepted; one line when away, one when back`, async (t) => {
    const { collector, report, settled, lines } = await setUp(t);
    const answers = [status, status, status];
    collector.answer = () => answers.shift() ?? 202;
    report(10);
    const counters = await settled('all spans', nothingBuffered);
    assert.deepEqual([counters.sent, counters.accepted, counters.retried, counters.dropped], [10, 10, 30, {}]);
    assert.deepEqual(names(collector.accepted), numbered(10));
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.match(lines[0] ?? '', new RegExp(`takes no spans: it answered ${status}; keeping up to 1000`));
    assert.match(lines[1] ?? '', /takes spans again after \d+\.\d s/);
  });
}

for (const status of [401, 404, 302]) {
  test(`a batch answered ${status} is dropped, counted under its status, and not sent again`, async (t) => {
    const { collector, report, settled } = await setUp(t);
    collector.answer = () => status;
    report(10);
    const counters = await settled('the drop', nothingBuffered);
    assert.deepEqual([counters.accepted, counters.dropped], [0, { [`refused-${status}`]: 10 }]);
    assert.equal(collector.batches.length, 1);
  });
}

test('a batch answered 400 is halved until only the bad spans are dropped', async (t) => {
  const { collector, report, settled, lines } = await setUp(t);
  const bad = ['span 3', 'span 12'];
  collector.answer = (batch) => (batch.some(({ name }) => bad.includes(name)) ? 400 : 202);
  report(16);
  const counters = await settled('the good spans', nothingBuffered);
  assert.deepEqual([counters.accepted, counters.dropped], [14, { 'refused-400': 2 }]);
  assert.deepEqual(
    names(collector.accepted),
    numbered(16).filter((name) => !bad.includes(name)),
  );
  assertAddsUp(counters);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /refused spans with 400/);
});

test('a batch answered 413 is halved until it fits', async (t) => {
  const { collector, report, settled } = await setUp(t);
  collector.answer = (batch) => (batch.length > 3 ? 413 : 202);
  report(20);
  const counters = await settled('all spans', nothingBuffered);
  assert.deepEqual([counters.accepted, counters.dropped], [20, {}]);
  assert.deepEqual(names(collector.accepted), numbered(20));
});

test('a collector that hangs: the POST times out and is sent again', async (t) => {
  const { collector, report, settled, lines } = await setUp(t, { timeoutMs: 100 });
  collector.answer = () => (collector.batches.length < 3 ? 'hang' : 202);
  report(10);
  const counters = await settled('all spans', nothingBuffered);
  assert.deepEqual([counters.accepted, counters.retried, counters.dropped], [10, 20, {}]);
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /no answer within 100 ms/);
});

test('a slow collector gets one POST at a time, the spans that came meanwhile in the next', async (t) => {
  const { collector, report, settled } = await setUp(t, { intervalMs: 10 });
  collector.answer = () => new Promise((resolve) => setTimeout(() => resolve(202), 100));
  for (let n = 0; n < 20; n++) {
    report(10, n * 10);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  const counters = await settled('all spans', nothingBuffered);
  assert.deepEqual([counters.accepted, counters.retried], [200, 0]);
  assert.equal(collector.mostAtOnce, 1);
  assert.ok(collector.batches.length < 20, `${collector.batches.length} batches`);
});

test('a collector that starts later than the app gets every span', async (t) => {
  const { url, close } = await listen(() => undefined);
  await close();
  const { report, settled, lines, reporter } = reporting(url, {});
  report(50);
  await settled('that the collector is away', ({ collector }) => collector === 'away');
  report(50, 50);
  const collector = new ChosenCollector();
  const server: Server = createServer(collector.listener).listen(Number(new URL(url).port), '127.0.0.1');
  t.after(() => server.close().closeAllConnections());
  await settled('all spans', nothingBuffered);
  assert.deepEqual(names(collector.accepted), numbered(100));
  assert.equal(reporter.counters().collector, 'reachable');
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /ECONNREFUSED/);
});

test('beyond the bound the oldest waiting spans are dropped and counted, said once', async (t) => {
  const { collector, report, settled, lines, reporter } = await setUp(t, { maxSpans: 30, batchSpans: 10 });
  let away = true;
  collector.answer = () => (away ? 503 : 202);
  report(10);
  await settled('that the collector is away', (counters) => counters.collector === 'away');
  for (let n = 1; n <= 9; n++) {
    report(10, n * 10);
    await settled('the bound', ({ buffered }) => buffered <= 40);
  }
  assertAddsUp(reporter.counters());
  away = false;
  const counters = await settled('all kept spans', nothingBuffered);
  assert.deepEqual([counters.recorded, counters.accepted, counters.dropped], [100, 40, { 'buffer-full': 60 }]);
  assert.deepEqual(names(collector.accepted), [...numbered(10), ...numbered(30, 70)]);
  assert.equal(lines.filter((line) => line.includes('buffer is full')).length, 1);
  assert.equal(lines.length, 3);
});

test('the bound holds in bytes too', async (t) => {
  const { collector, report, settled } = await setUp(t, { maxBytes: 50_000, batchSpans: 1 });
  collector.answer = () => 503;
  report(100, 0, { long: 'x'.repeat(5000) });
  const counters = await settled('the bound', ({ dropped }) => dropped['buffer-full'] !== undefined);
  assert.ok(counters.buffered <= 10, `${counters.buffered} buffered`);
  assertAddsUp(counters);
});

test('flush sends what was logged a moment ago and waits for the answer', async (t) => {
  const { collector, report, reporter } = await setUp(t, { intervalMs: 60_000 });
  collector.answer = () => new Promise((resolve) => setTimeout(() => resolve(202), 50));
  report(250);
  await reporter.flush(Date.now() + 10_000);
  assert.deepEqual(names(collector.accepted), numbered(250));
  assert.equal(reporter.counters().accepted, 250);
});

test('flush outlives a collector that is away for a moment', async (t) => {
  const { collector, report, reporter } = await setUp(t, { intervalMs: 60_000 });
  const answers = [503, 503];
  collector.answer = () => answers.shift() ?? 202;
  report(5);
  await reporter.flush(Date.now() + 10_000);
  assert.equal(reporter.counters().accepted, 5);
});

test('flush gives up at its deadline, counts what was left and says so', async (t) => {
  const { collector, report, reporter, lines } = await setUp(t);
  collector.answer = () => 503;
  report(5);
  await reporter.flush(Date.now() + 300);
  assert.deepEqual([reporter.counters().dropped, reporter.counters().buffered], [{ shutdown: 5 }, 0]);
  assert.match(lines.at(-1) ?? '', /^5 spans could not be delivered/);
});

test('flush without spans returns', async (t) => {
  const { reporter, lines } = await setUp(t);
  await reporter.flush(Date.now() + 10_000);
  assert.deepEqual(lines, []);
});

test('no line holds a span or an answer’s body', async (t) => {
  const { collector, report, settled, lines } = await setUp(t, { maxSpans: 1, batchSpans: 1 });
  const answers = [503, 400, 404];
  collector.answer = () => answers.shift() ?? 202;
  report(5, 0, { secret: 'hush' });
  await settled('the end', nothingBuffered);
  assert.ok(lines.length > 0);
  for (const line of lines) assert.doesNotMatch(line, /hush|span \d|nobody should log|\n/);
});
