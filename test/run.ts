import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { cache, root } from '../sandbox/cli/project.js';
import { installEnvoy, installZipkin } from '../sandbox/topology/download-parts.js';
import { isInstalled } from '../sandbox/topology/managed-process.js';
import { NativeSandbox } from '../sandbox/topology/native-sandbox.js';
import { readModel } from '../sandbox/topology/read-model.js';
import { filesBelow, printResults, results, runElsewhere, runFiles, sideBySide } from './run-files.js';
import { ownPorts } from './topology/own-environment.js';

/**
 * `npm test` runs lint and each group of tests, in CI the long groups too. Its last line has the totals. `npm test -- unit`
 * runs one group, `npm test -- no-unit` all others.
 */

const { failed, notRun } = results;

delete process.env.FORCE_COLOR; // tests compare output without colours

async function lint(): Promise<void> {
  process.stdout.write('\n== types, lint and format\n');
  for (const [tool, ...args] of [
    ['tsc', '--noEmit', '--incremental', 'false'],
    ['biome', 'ci', '.'],
  ] as const) {
    const ran = await execa(`node_modules/.bin/${tool}`, args, { cwd: root, reject: false, stdio: 'inherit' });
    if (ran.failed) failed.push(tool);
    else results.passed += 1;
  }
}

/** Sets free ports for what a run publishes, so that it disturbs no running sandbox. */
async function publishElsewhere(): Promise<void> {
  Object.assign(process.env, await ownPorts());
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
  await runFiles('unit tests', folders.flatMap(filesBelow), sideBySide);
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
  const title = 'faults';
  // They mostly wait, so the two sandboxes have their faults side by side.
  const both = () =>
    runFiles(`${title}, without Docker and in Compose`, longFiles('faults-native', 'faults-compose'), sideBySide);
  if (!(await withCompose(`${title}, in Compose`, ['docker-compose.yml'], both))) {
    await runFiles(`${title}, without Docker`, longFiles('faults-native'));
  }
}

/** Whether a command succeeds. */
const succeeds = async (command: string, ...args: string[]): Promise<boolean> =>
  !(await execa(command, args, { reject: false, stdin: 'ignore' })).failed;

const docker = (...args: string[]) =>
  execa('docker', ['compose', ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });

/** Runs `work` while a Compose project of these files runs. @returns false if no Docker daemon answers */
async function withCompose(title: string, files: readonly string[], work: () => Promise<void>): Promise<boolean> {
  if (!(await succeeds('docker', 'info'))) {
    notRun.push(`${title}: no Docker daemon answers`);
    return false;
  }
  const before = { ...process.env };
  await publishElsewhere();
  Object.assign(process.env, { COMPOSE_PROJECT_NAME: `sandbox-test-${process.pid}`, COMPOSE_FILE: files.join(':') });
  try {
    await docker('up', '--build', '--detach', '--wait', '--quiet-pull');
    await work();
  } finally {
    await docker('down', '--volumes', '--rmi', 'local');
    process.env = before;
  }
  return true;
}

/** Tests of what Envoy, Zipkin and a command's surroundings do alike in both ways to run. They run natively only. */
const onlyNative = /\/(hostile|hostile-load|propagation|surroundings|zipkin-ui)\.test\.js$/;

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
 * is the command that loads images into it. Without it, the cluster must have the images of the overlays. Most clusters
 * store NetworkPolicies without enforcing them, and no cluster says which it does: KUBE_POLICIES does.
 */
async function kubernetes(): Promise<void> {
  const title = 'on Kubernetes';
  const { KUBE_CONTEXT: context, KUBE_POLICIES: policies } = process.env;
  if (!context) {
    notRun.push(`${title}: KUBE_CONTEXT names no context of a kubeconfig`);
    return;
  }
  if (!(await succeeds('kubectl', '--context', context, 'get', '--raw', '/readyz'))) {
    notRun.push(`${title}: no cluster answers in the context '${context}'`);
    return;
  }
  if (!policies) notRun.push(`NetworkPolicies, ${title}: KUBE_POLICIES does not say how the cluster enforces them`);
  await runFiles(title, filesBelow('deploy/kubernetes'));
}

/** The examples of docs/examples/, with their real libraries. */
async function tracers(): Promise<void> {
  const title = 'tracers in the places of the apps';
  for (const runtime of ['go', 'mvn', 'python3']) {
    if (!(await isInstalled(runtime))) notRun.push(`${title}: '${runtime}' is not installed`);
  }
  if (!(await succeeds('docker', 'info'))) notRun.push(`${title}, in Compose: no Docker daemon answers`);
  await runFiles(title, filesBelow('tracers'));
}

const isCi = process.env.CI === 'true';
const short = {
  ...{ lint, unit },
  start: () => runFiles('npm start', filesBelow('cli'), sideBySide),
  ...{ native, tracers, compose },
  machines: () => runFiles('on other machines', filesBelow('machines'), sideBySide),
  readme: () => runFiles('the commands of the documents', filesBelow('readme')),
  ...{ cassandra, kubernetes },
};
const long = { faults, soak: () => runFiles('soak', longFiles('soak')) };
const groups: Record<string, () => Promise<void>> = { ...short, ...long };
const args = process.argv.slice(2);
for (const name of args.map((arg) => arg.replace(/^no-/, ''))) {
  if (name in groups) continue;
  process.stderr.write(`npm test: no group '${name}'; there are ${Object.keys(groups).join(', ')}\n`);
  process.exit(2);
}
const named = args.filter((arg) => !arg.startsWith('no-'));
const all = Object.keys(isCi ? { ...short, ...long } : short).filter((name) => !args.includes(`no-${name}`));
const runInTurn = async (names: readonly string[]) => {
  for (const name of names) await groups[name]?.();
};

// These mostly wait, so others run beside them. Containers would get too little of the processors then.
const waiting = ['tracers', 'machines'];
const first = ['lint', 'unit', 'start'];
if (named.length > 0 || (await succeeds('docker', 'info'))) await runInTurn(named.length > 0 ? named : all);
else {
  await runInTurn(all.filter((name) => first.includes(name)));
  const others = runElsewhere(all.filter((name) => waiting.includes(name)));
  await runInTurn(all.filter((name) => ![...first, ...waiting].includes(name)));
  await others;
}
printResults();
process.exitCode = failed.length > 0 || (isCi && notRun.length > 0) ? 1 : 0;
