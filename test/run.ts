import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { execa } from 'execa';
import { cache, root } from '../sandbox/cli/project.js';
import { installEnvoy, installZipkin } from '../sandbox/topology/download-parts.js';
import { isInstalled } from '../sandbox/topology/managed-process.js';
import { NativeSandbox } from '../sandbox/topology/native-sandbox.js';
import { freePorts } from '../sandbox/topology/ports.js';
import { readModel } from '../sandbox/topology/read-model.js';

/**
 * `npm test` runs lint and each group of tests, in CI the long groups too. Its last line has the totals. `npm test -- unit`
 * runs one group, `npm test -- no-unit` all others.
 */

delete process.env.FORCE_COLOR; // tests compare output without colours

const tally = { passed: 0, failed: 0 };
const notRun: string[] = [];

function filesBelow(folder: string): string[] {
  const path = join(root, 'dist/test', folder);
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => join(path, file))
    .sort();
}

/** A file that hangs fails, so that the others still run. */
const longestFileMs = 400_000;
/** Cassandra and Zipkin start one after the other there, and pods drain before they end. */
const longestClusterFileMs = 1_200_000;

async function runFiles(
  title: string,
  files: string[],
  { concurrency = 1, timeoutMs = longestFileMs }: { readonly concurrency?: number; readonly timeoutMs?: number } = {},
): Promise<void> {
  process.stdout.write(`\n== ${title}\n`);
  const stream = run({ files, concurrency, timeout: timeoutMs });
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

/** Sets free ports for what a run publishes, so that it disturbs no running sandbox. */
async function publishElsewhere(): Promise<void> {
  const [front, admin, zipkin] = await freePorts(3);
  Object.assign(process.env, { FRONT_PORT: front, ADMIN_PORT: admin, ZIPKIN_PORT: zipkin });
}

/** Folders that have a group of their own. */
const ownGroup = ['e2e', 'readme', 'cli', 'deploy', 'long', 'tracers', 'machines'];

async function unit(): Promise<void> {
  const model = await readModel(root, process.env);
  const envoyBinary = await installEnvoy(root, cache, process.env);
  const zipkinFolder = await installZipkin(model, cache, process.env);
  const folders = readdirSync(join(root, 'dist/test'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !ownGroup.includes(entry.name))
    .map((entry) => entry.name);
  const before = { ...process.env };
  Object.assign(process.env, { ENVOY_BIN: envoyBinary, ZIPKIN_JAR: join(zipkinFolder ?? '', 'zipkin.jar') });
  await runFiles('unit tests', folders.flatMap(filesBelow), { concurrency: availableParallelism() });
  process.env = before;
}

/** Runs `work` while a native sandbox runs. */
async function withNative(work: () => Promise<void>): Promise<void> {
  await publishElsewhere();
  const sandbox = await NativeSandbox.install(root, cache, process.env);
  try {
    await Promise.all(sandbox.plan.processes.map(({ name }) => sandbox.start(name)));
    await work();
  } finally {
    await sandbox.stop();
  }
}

async function native(): Promise<void> {
  await withNative(() => runFiles('end to end, without Docker', filesBelow('e2e')));
}

/** Faults and the soak take minutes each. CI runs them; others run them by name. */
const longFiles = (...names: string[]): string[] => names.map((name) => join(root, `dist/test/long/${name}.test.js`));

async function faults(): Promise<void> {
  await runFiles('faults, without Docker', longFiles('ledger-faults', 'faults-native'));
  const title = 'faults, in Compose';
  await withCompose(title, ['docker-compose.yml'], () => runFiles(title, longFiles('faults-compose')));
}

async function soak(): Promise<void> {
  await runFiles('soak', longFiles('soak'));
}

/** Whether a command succeeds. */
const succeeds = async (command: string, ...args: string[]): Promise<boolean> =>
  !(await execa(command, args, { reject: false, stdin: 'ignore' })).failed;

/** Runs `work` while a Compose project of these files runs, if a Docker daemon answers. */
async function withCompose(title: string, files: readonly string[], work: () => Promise<void>): Promise<void> {
  if (!(await succeeds('docker', 'info'))) {
    notRun.push(`${title}: no Docker daemon answers`);
    return;
  }
  await publishElsewhere();
  const project = { COMPOSE_PROJECT_NAME: `sandbox-test-${process.pid}`, COMPOSE_FILE: files.join(':') };
  const before = { ...process.env };
  Object.assign(process.env, project);
  const docker = (...args: string[]) =>
    execa('docker', ['compose', ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  try {
    await docker('up', '--build', '--detach', '--wait', '--quiet-pull');
    await work();
  } finally {
    await docker('down', '--volumes', '--rmi', 'local');
    process.env = before;
  }
}

/** Tests of what Envoy and Zipkin do alike in both ways to run. They run natively only. */
const onlyNative = /\/(hostile|hostile-load|propagation|zipkin-ui)\.test\.js$/;

async function compose(): Promise<void> {
  const title = 'end to end, in Compose';
  const files = filesBelow('e2e').filter((file) => !onlyNative.test(file));
  await withCompose(title, ['docker-compose.yml'], () => runFiles(title, files));
}

async function cassandra(): Promise<void> {
  const title = 'spans in Cassandra';
  const overlay = 'deploy/compose.cassandra.yml';
  const [, image = ''] = /image: (cassandra:\S+)/.exec(readFileSync(join(root, overlay), 'utf8')) ?? [];
  const hasImage = (await succeeds('docker', 'image', 'inspect', image)) || (await succeeds('docker', 'pull', image));
  if (!hasImage) {
    notRun.push(`${title}: Docker has no image ${image} and cannot pull it`);
    return;
  }
  await withCompose(title, ['docker-compose.yml', overlay], () => runFiles(title, filesBelow('deploy/cassandra')));
}

/**
 * Runs tests on the cluster of the context KUBE_CONTEXT. Nothing is applied to a cluster that was not named. KUBE_LOAD
 * is the command that loads images into it. Without it, the cluster must have the images of the overlays.
 */
async function onCluster(title: string, folder: string): Promise<void> {
  const { KUBE_CONTEXT: context } = process.env;
  if (!context) {
    notRun.push(`${title}: KUBE_CONTEXT names no context of a kubeconfig`);
    return;
  }
  if (!(await succeeds('kubectl', '--context', context, 'get', '--raw', '/readyz'))) {
    notRun.push(`${title}: no cluster answers in the context '${context}'`);
    return;
  }
  await runFiles(title, filesBelow(folder), { timeoutMs: longestClusterFileMs });
}

async function kubernetes(): Promise<void> {
  await onCluster('on Kubernetes', 'deploy/kubernetes');
}

/** Most clusters store NetworkPolicies without enforcing them, and the cluster does not say which it does. */
async function policies(): Promise<void> {
  const title = 'NetworkPolicies, on Kubernetes';
  if (process.env.KUBE_POLICIES === 'enforced') await onCluster(title, 'deploy/policies');
  else notRun.push(`${title}: KUBE_POLICIES does not say that the cluster has them enforced`);
}

/** `npm start` as a user sees it: how it fails, and how it ends. */
async function start(): Promise<void> {
  await runFiles('npm start', filesBelow('cli'));
}

/** Checkouts as other users have them, natively and in Compose. */
async function machines(): Promise<void> {
  await runFiles('on other machines', filesBelow('machines'));
}

async function readme(): Promise<void> {
  await runFiles('the commands of the documents', filesBelow('readme'));
}

/** The examples of docs/examples/, with their real libraries. */
async function tracers(): Promise<void> {
  const title = 'tracers in the places of the apps';
  for (const runtime of ['go', 'mvn', 'python3']) {
    if (!(await isInstalled(runtime))) notRun.push(`${title}: '${runtime}' is not installed`);
  }
  if (!(await succeeds('docker', 'info'))) notRun.push(`${title}, in Compose: no Docker daemon answers`);
  await runFiles(title, filesBelow('tracers'), { timeoutMs: longestClusterFileMs });
}

const isCi = process.env.CI === 'true';
const short = { lint, unit, start, native, tracers, compose, machines, readme, cassandra, kubernetes, policies };
const long = { faults, soak };
const groups: Record<string, () => Promise<void>> = { ...short, ...long };
const args = process.argv.slice(2);
for (const name of args.map((arg) => arg.replace(/^no-/, ''))) {
  if (name in groups) continue;
  process.stderr.write(`npm test: no group '${name}'; there are ${Object.keys(groups).join(', ')}\n`);
  process.exit(2);
}
const named = args.filter((arg) => !arg.startsWith('no-'));
const inTurn = Object.keys(isCi ? { ...short, ...long } : short).filter((name) => !args.includes(`no-${name}`));
const wanted = named.length > 0 ? named : inTurn;
for (const name of wanted) await groups[name]?.();
for (const line of notRun) process.stdout.write(`\nNot run: ${line}\n`);
process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed\n`);
process.exitCode = tally.failed > 0 || (isCi && notRun.length > 0) ? 1 : 0;
