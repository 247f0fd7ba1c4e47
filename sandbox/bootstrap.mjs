// Installs and compiles what a fresh clone needs, then runs a file of it: `node sandbox/bootstrap.mjs FILE.js ARGUMENTS…`.
// Plain JavaScript without packages, because it runs before they are installed.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const [oldestMajor, oldestMinor] = engines.node.match(/\d+/g).map(Number);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  fail(`Node ${process.versions.node} is too old; install Node ${oldestMajor}.${oldestMinor} or later`);
}

function fail(message) {
  process.stderr.write(`envoy-zipkin-sandbox: ${message}\n`);
  process.exit(3);
}

const parent = process.ppid;
const npm = grandparent();

/** The process id of the shell's parent if npm started this with a shell's `-c`; otherwise undefined. */
function grandparent() {
  try {
    if (readFileSync(`/proc/${process.ppid}/cmdline`, 'utf8').split('\0')[1] !== '-c') return undefined;
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')')).split(' ')[2];
  } catch {
    return undefined;
  }
}

const isLeftBehind = () => process.ppid !== parent || (npm && (grandparent() ?? npm) !== npm);

/** The time of a file's last change, in milliseconds; 0 if it is missing. */
const changed = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

function step(what, command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) fail(`${what}: '${command}' could not be run: ${error.message}`);
  if (status !== 0) fail(`${what} failed: '${command} ${args.join(' ')}' ended with code ${status}; see above`);
}

if (changed('node_modules/.package-lock.json') < changed('package-lock.json')) {
  process.stderr.write('Installing npm packages (once)…\n');
  step('installing npm packages', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}

const sources = ['services', 'sandbox', 'prove', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)),
);
const built = changed('dist/.tsbuildinfo');
if (['tsconfig.json', 'package-lock.json', ...sources].some((file) => changed(file) > built)) {
  rmSync(join(root, 'dist'), { recursive: true, force: true }); // deleted files must not run
  step('compiling', process.execPath, ['node_modules/typescript/bin/tsc']);
}

// Compose reads .env too. The shell's variables override it.
try {
  const { withDotEnv } = await import('../dist/sandbox/topology/dot-env.js');
  Object.assign(process.env, withDotEnv(join(root, '.env'), process.env));
} catch (error) {
  fail(error.message);
}

// Ends this process when the npm that runs it has ended, also by SIGKILL. A command that listens ends in its own way.
setInterval(() => {
  if (isLeftBehind() && !process.emit('disconnect')) fail('the process that started this one has ended');
}, 500).unref();

const [entry, ...args] = process.argv.slice(2);
process.argv = [process.execPath, join(root, entry), ...args];
await import(pathToFileURL(join(root, entry)).href);
