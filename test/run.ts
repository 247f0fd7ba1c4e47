import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { execa } from 'execa';
import { cache, root } from '../sandbox/cli/project.js';
import { installEnvoy } from '../sandbox/topology/artifacts.js';
import { installZipkinFor, NativeSandbox, readTopology } from '../sandbox/topology/native-sandbox.js';
import { freePorts } from '../sandbox/topology/ports.js';

/** `npm test`: lint, then each group of tests; its last line counts them all. `npm test -- unit` runs one group. */

const tally = { passed: 0, failed: 0 };
const notRun: string[] = [];

function filesBelow(folder: string): string[] {
  const path = join(root, 'dist/test', folder);
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => join(path, file))
    .sort();
}

/** A file that hangs fails instead of holding up all the others. */
const longestFileMs = 400_000;

async function runFiles(title: string, files: string[], concurrency = 1): Promise<void> {
  process.stdout.write(`\n== ${title}\n`);
  const stream = run({ files, concurrency, timeout: longestFileMs });
  stream.on('test:pass', ({ details, skip }) => {
    if (details.type !== 'suite' && !skip) tally.passed += 1;
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') tally.failed += 1;
  });
  await pipeline(stream, new spec(), process.stdout, { end: false });
}

async function lint(): Promise<void> {
  process.stdout.write('\n== types, lint and format\n');
  for (const [tool, ...args] of [
    ['tsc', '--noEmit', '--incremental', 'false'],
    ['biome', 'ci', '.'],
  ]) {
    const { failed } = await execa(`node_modules/.bin/${tool}`, args, { cwd: root, reject: false, stdio: 'inherit' });
    if (failed) tally.failed += 1;
    else tally.passed += 1;
  }
}

/** Free ports for what a run publishes, so that it disturbs no sandbox that is running. */
async function publishElsewhere(): Promise<void> {
  const [front, admin, zipkin] = await freePorts(3);
  Object.assign(process.env, { FRONT_PORT: front, ADMIN_PORT: admin, ZIPKIN_PORT: zipkin });
}

/** Folders that a group of their own runs. */
const ownGroup = ['e2e', 'readme', 'cli', 'deploy'];

async function unit(): Promise<void> {
  const services = await readTopology(root, process.env);
  const envoyBinary = await installEnvoy(cache, process.env);
  const zipkinFolder = await installZipkinFor(services, cache, process.env);
  const folders = readdirSync(join(root, 'dist/test'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !ownGroup.includes(entry.name))
    .map((entry) => entry.name);
  const before = { ...process.env };
  Object.assign(process.env, { ENVOY_BIN: envoyBinary, ZIPKIN_JAR: join(zipkinFolder ?? '', 'zipkin.jar') });
  await runFiles('unit tests', folders.flatMap(filesBelow), availableParallelism());
  process.env = before;
}

/** Runs `work` while a native sandbox is up. */
async function withNative(work: () => Promise<void>): Promise<void> {
  await publishElsewhere();
  const services = await readTopology(root, process.env);
  const envoyBinary = await installEnvoy(cache, process.env);
  const zipkinFolder = await installZipkinFor(services, cache, process.env);
  const sandbox = await NativeSandbox.prepare(root, cache, process.env, { services, envoyBinary, zipkinFolder });
  try {
    await Promise.all(sandbox.plan.processes.map(({ name }) => sandbox.start(name)));
    await work();
  } finally {
    await sandbox.stop();
  }
}

/** Injected faults and the ledger of a load take minutes and want a quiet machine: a group of their own. */
const isFaults = (file: string) => /(faults|ledger)\.test\.js$/.test(file);
const endToEnd = () => filesBelow('e2e').filter((file) => !isFaults(file));

async function native(): Promise<void> {
  await withNative(() => runFiles('end to end, without Docker', endToEnd()));
}

async function faults(): Promise<void> {
  await withNative(() => runFiles('faults', filesBelow('e2e').filter(isFaults)));
}

/** Takes the pictures of the documents anew: the browser's test takes those of Zipkin, `trace` draws its own. */
async function screenshots(): Promise<void> {
  const folder = join(root, 'docs/pictures');
  process.env.SCREENSHOTS = folder;
  await withNative(async () => {
    await runFiles('pictures', [join(root, 'dist/test/e2e/zipkin-ui.test.js')]);
    const sandbox = (...args: string[]) => execa('node', [join(root, 'dist/sandbox/cli/main.js'), ...args]);
    await sandbox('verify', '--count', '50'); // warm, as a sandbox is that one looks at
    await sandbox('trace', '--svg', join(folder, 'waterfall.svg'));
  });
}

async function compose(): Promise<void> {
  const { failed } = await execa('docker', ['info'], { reject: false });
  if (failed) {
    notRun.push('end to end, in Compose: no Docker daemon answers');
    return;
  }
  await publishElsewhere();
  process.env.COMPOSE_PROJECT_NAME = `sandbox-test-${process.pid}`;
  const docker = (...args: string[]) =>
    execa('docker', ['compose', ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  try {
    await docker('up', '--build', '--detach', '--wait', '--quiet-pull');
    await runFiles('end to end, in Compose', endToEnd());
  } finally {
    await docker('down', '--volumes', '--rmi', 'local');
  }
}

/** `npm start` as its user meets it: what fails, and how it ends. */
async function start(): Promise<void> {
  await runFiles('npm start', filesBelow('cli'));
}

async function readme(): Promise<void> {
  await runFiles('the commands of the documents', filesBelow('readme'));
}

const inTurn = { lint, unit, start, native, compose, readme };
const groups: Record<string, () => Promise<void>> = { ...inTurn, faults, screenshots };
const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(inTurn)) {
  const group = groups[name];
  if (!group) {
    process.stderr.write(`npm test: no group '${name}'; there are ${Object.keys(groups).join(', ')}\n`);
    process.exit(2);
  }
  await group();
}
for (const line of notRun) process.stdout.write(`\nNot run: ${line}\n`);
process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed\n`);
process.exitCode = tally.failed > 0 || (process.env.CI === 'true' && notRun.length > 0) ? 1 : 0;
