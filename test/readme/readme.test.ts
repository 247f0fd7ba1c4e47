import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { execa, type ResultPromise } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import { freePorts } from '../../sandbox/topology/ports.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { withoutDocker } from '../machines/docker.js';
import { consoleBlocks, outputPattern, type ShownCommand } from './console-blocks.js';

/**
 * The documents whose commands must work as written. The ports are replaced, so that no running sandbox is disturbed.
 * The Chinese pages have the same commands and outputs; test/docs checks that.
 */
const documents = [
  'README.md',
  'docs/request.md',
  'docs/lab.md',
  'docs/no-traces.md',
  'docs/cut-in-two.md',
  'docs/upgrading.md',
];

const shownPorts = ['8000', '8001', '9411'] as const;

/** Other ports for each of the two ways to run, in the order of `shownPorts`. */
async function elsewhere() {
  const ports = await freePorts(shownPorts.length);
  const [FRONT_PORT, ADMIN_PORT, ZIPKIN_PORT] = ports.map(String);
  return {
    front: FRONT_PORT,
    options: {
      cwd: root,
      env: { FRONT_PORT, ADMIN_PORT, ZIPKIN_PORT, COMPOSE_PROJECT_NAME: `readme-test-${process.pid}`, NO_COLOR: '1' },
      reject: false,
      all: true,
      stdin: 'ignore',
      shell: 'bash',
    } as const,
    real: (text: string) => shownPorts.reduce((now, shown, n) => now.replaceAll(`:${shown}`, `:${ports[n]}`), text),
    shown: (text: string) => shownPorts.reduce((now, shown, n) => now.replaceAll(`:${ports[n]}`, `:${shown}`), text),
  };
}

type Elsewhere = Awaited<ReturnType<typeof elsewhere>>;
const natively = await elsewhere();
const inCompose = await elsewhere();

/** The progress meter of curl, which a terminal does not show, and the carriage return of a line end. */
const progressMeter = /\r[\d:. -]*/g;

function assertShown({ line, command, output }: ShownCommand, printed: string, { shown }: Elsewhere): void {
  if (output.every((each) => each === '')) return;
  const seen = `${shown(printed).replaceAll(progressMeter, '')}\n`;
  assert.match(seen, outputPattern(output), `line ${line}: $ ${command}`);
}

async function run(shown: ShownCommand, where: Elsewhere): Promise<string> {
  const { all, failed } = await execa(where.real(shown.command), where.options);
  assert.ok(!failed, `line ${shown.line}: $ ${shown.command}\n${all}`);
  return all;
}

async function runInCompose(block: readonly ShownCommand[]): Promise<void> {
  try {
    for (const shown of block) {
      assertShown(shown, await run(shown, inCompose), inCompose);
      if (shown.command.includes(' up ')) await execa('docker compose up -d --wait', inCompose.options);
    }
  } finally {
    await execa('docker compose down --rmi local', inCompose.options);
  }
}

describe('documents', () => {
  let native: ResultPromise<Elsewhere['options']> | undefined;
  let nativeOutput = '';

  before(() => {
    native = execa('npm start', natively.options);
    native.all.on('data', (chunk: Buffer) => {
      nativeOutput += chunk.toString();
    });
  });

  after(async () => {
    const record = JSON.parse(readFileSync(join(root, `.cache/run/${natively.front}/sandbox.json`), 'utf8'));
    process.kill(record.pid, 'SIGINT');
    await native;
  });

  const printedByStart = () =>
    waitFor(
      'npm start',
      async () => {
        if (!nativeOutput.includes('Press Ctrl-C to stop the sandbox.')) throw new Error(nativeOutput.slice(-200));
        return nativeOutput;
      },
      { seconds: 300 },
    );

  for (const document of documents) {
    for (const block of consoleBlocks(readFileSync(join(root, document), 'utf8'))) {
      const title = `${document}: ${block.map(({ command }) => command).join('; ')}`;
      const needsDocker = block.some(({ command }) => command.startsWith('docker'));
      const skip = needsDocker && withoutDocker;
      test(title, { skip }, async () => {
        const printed = await printedByStart();
        if (needsDocker) return runInCompose(block);
        for (const shown of block) {
          assertShown(shown, shown.command === 'npm start' ? printed : await run(shown, natively), natively);
        }
      });
    }
  }
});
