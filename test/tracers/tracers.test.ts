import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../../sandbox/cli/project.js';
import type { VerifiedTrace } from '../../sandbox/observe/judged-trace.js';
import { isServing, kindOf, requestIdTag, serviceOf } from '../../sandbox/trace/span.js';
import { type RunningZipkin, startZipkin } from '../observe/running-zipkin.js';
import { type Fault, faults, type Setting, settings } from './settings.js';
import { buildExample, missingRuntime, traced } from './traced.js';

const document = join(root, 'docs/tracers.md');
const heads = {
  settings: [
    'tracer',
    'set',
    'whole',
    'SERVER span',
    'spans in service1',
    'in service2',
    'parent id',
    '`x-request-id`',
  ],
  faults: ['fault', 'tracer', 'set', 'place', 'verify says'],
};

const asCode = (variables: Setting['set']) =>
  Object.entries(variables)
    .map(([name, value]) => `\`${name}=${value}\``)
    .join(' ') || 'nothing more';

function rowOf({ tracer, set }: Setting, { spans, verdict }: VerifiedTrace): string[] {
  const of = (service: string) => spans.filter((span) => serviceOf(span) === service);
  const kinds = (service: string) => {
    const seen = new Set(of(service).map(kindOf));
    return (['SERVER', 'LOCAL', 'CLIENT'] as const).filter((kind) => seen.has(kind)).join(', ') || 'none';
  };
  const server = of('service1-app').find(isServing);
  const shares = spans.some((span) => span.id === server?.id && span.kind === 'CLIENT');
  const ids = [...new Set(spans.flatMap(({ tags }) => tags?.[requestIdTag] ?? []))];
  const egress = of('service1')
    .filter(isServing)
    .find(({ name = '' }) => name.startsWith('egress'));
  return [
    tracer.name,
    asCode(set),
    verdict.whole ? 'yes' : 'no',
    server ? (shares ? "shares its caller's id" : 'has its own id') : 'none',
    kinds('service1-app'),
    kinds('service2-app'),
    egress?.parentId ? 'sent' : 'not sent',
    ids.length === 1 ? 'forwarded' : 'dropped',
  ];
}

function faultRowOf({ title, tracer, set, service }: Fault, { diagnoses }: VerifiedTrace): string[] {
  const said = diagnoses.map(({ text }) => text.replaceAll(/\b[0-9a-f]{8}…/g, '…')).join('; ');
  return [title, tracer.name, asCode(set), service, said || 'whole'];
}

/** Tests run two at a time, because most of one is a wait for late spans. Each has a Zipkin without the other's traces. */
const atOnce = 2;

describe('tracers, in the places of the sandbox’s apps', { concurrency: atOnce }, () => {
  const zipkins: RunningZipkin[] = [];
  const free: RunningZipkin[] = [];
  before(async () => {
    for (const setting of settings) if (!(await missingRuntime(setting))) await buildExample(setting);
    for (let each = 0; each < atOnce; each++) zipkins.push(await startZipkin());
    free.push(...zipkins);
  });
  after(() => Promise.all(zipkins.map((zipkin) => zipkin.stop())));

  async function tracedAlone(setting: Setting, services: readonly string[]): Promise<VerifiedTrace> {
    const zipkin = free.pop();
    assert.ok(zipkin, 'more tests run at once than there are Zipkins');
    try {
      return await traced(setting, zipkin.url, services);
    } finally {
      free.push(zipkin);
    }
  }

  /** Compares a row with the document, or writes it with UPDATE_GOLDEN=1. Rows that could not run stay. */
  function inDocument(head: readonly string[], row: readonly string[], index: number): void {
    const text = readFileSync(document, 'utf8');
    const lines = text.split('\n');
    const [headLine = '', rowLine = ''] = [head, row].map((cells) => `| ${cells.join(' | ')} |`);
    const at = lines.indexOf(headLine) + 2 + index;
    assert.ok(lines.includes(headLine), `${document} has the table ${headLine}`);
    if (process.env.UPDATE_GOLDEN) {
      lines.splice(at, lines[at]?.startsWith('|') ? 1 : 0, rowLine);
      writeFileSync(document, lines.join('\n'));
    } else assert.equal(lines[at], rowLine);
  }

  for (const [index, setting] of settings.entries()) {
    test(`${setting.tracer.name}, ${asCode(setting.set)}`, async (t) => {
      const missing = await missingRuntime(setting);
      if (missing) return t.skip(`${missing} is not installed`);
      const judged = await tracedAlone(setting, ['service1', 'service2']);
      assert.deepEqual(judged.diagnoses, []);
      assert.match(
        judged.answer.body,
        /^Hello from behind Envoy \(service 1\)! hostname: \S+ resolvedhostname: \S+\n$/,
      );
      return inDocument(heads.settings, rowOf(setting, judged), index);
    });
  }

  for (const [index, fault] of faults.entries()) {
    test(`${fault.tracer.name}, ${fault.title}: ${fault.cause} at ${fault.service}`, async (t) => {
      const missing = await missingRuntime(fault);
      if (missing) return t.skip(`${missing} is not installed`);
      const judged = await tracedAlone(fault, [fault.service]);
      const seen = judged.diagnoses.map(({ cause, hop }) => `${cause} at ${hop}`);
      assert.deepEqual(seen, [`${fault.cause} at ${fault.service}-app`]);
      return inDocument(heads.faults, faultRowOf(fault, judged), index);
    });
  }

  test('the tables have no other rows', () => {
    const rows = readFileSync(document, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('|'));
    assert.equal(rows.length, settings.length + faults.length + 4);
  });
});
