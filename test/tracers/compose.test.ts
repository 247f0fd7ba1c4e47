import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import type { VerifiedTrace } from '../../sandbox/observe/judged-trace.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { kindOf, serviceOf } from '../../sandbox/trace/span.js';
import { withoutDocker } from '../machines/docker.js';
import { judgedOnce } from './traced.js';

const example = (name: string) => `docs/examples/${name}`;
const otlp = 'deploy/otlp';

/** What lies over docker-compose.yml, how many spans there are, and what is built on this machine before. */
const cases: readonly (readonly [overlays: readonly string[], spans: number, ...built: string[]])[] = [
  [[`${example('opentelemetry-js')}/compose.yml`], 12, example('opentelemetry-js')],
  [[`${example('opentelemetry-js')}/compose.yml`, 'deploy/compose.otlp.yml'], 12, example('opentelemetry-js'), otlp],
  [[`${example('opentelemetry-python')}/compose.yml`], 11],
  [[`${example('zipkin-go')}/compose.yml`], 11, example('zipkin-go')],
  [[`${example('brave')}/compose.yml`], 11, example('brave')],
];

/** Each span with its depth, its kind, and whether its id is its parent's. */
const outlineOf = ({ verdict }: VerifiedTrace) =>
  verdict.tree.nodes.map(({ span, parent, depth }) => {
    const isShared = span.id === parent?.span.id;
    return `${depth} ${serviceOf(span)} ${kindOf(span)} ${span.name} ${isShared}`;
  });

const options = { cwd: root, reject: false, all: true } as const;
const compose = (...args: string[]) => execa('docker', ['compose', ...args], options);

describe('examples in service1’s place in Compose, one for each way to run', { skip: withoutDocker }, () => {
  const shellHad = { ...process.env };
  let direct: VerifiedTrace | undefined;
  before(async () => {
    const [FRONT_PORT, ADMIN_PORT, ZIPKIN_PORT] = await freePorts(3);
    Object.assign(process.env, { FRONT_PORT, ADMIN_PORT, ZIPKIN_PORT, COMPOSE_PROJECT_NAME: `tracers-${process.pid}` });
  });
  after(async () => {
    await compose('down', '--volumes', '--remove-orphans', '--rmi', 'local', '--timeout', '5');
    process.env = shellHad;
  });

  for (const [overlays, spans, ...built] of cases) {
    test(overlays.join(' + '), async () => {
      for (const folder of built) await execa(`${root}/${folder}/build`);
      process.env.COMPOSE_FILE = ['docker-compose.yml', ...overlays].join(':');
      const up = await compose('up', '--build', '--detach', '--wait', '--remove-orphans', '--quiet-pull');
      assert.equal(up.exitCode, 0, up.all);
      const judged = await judgedOnce(process.env);
      assert.deepEqual([judged.diagnoses, judged.spans.length], [[], spans]);
      assert.equal(
        judged.spans.some((span) => serviceOf(span) === 'service1-app'),
        true,
      );
      direct ??= judged;
      if (built.includes(otlp)) assert.deepEqual(outlineOf(judged), outlineOf(direct));
    });
  }
});
