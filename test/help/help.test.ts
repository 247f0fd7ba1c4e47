import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';

/** The help texts must equal test/help/golden. `UPDATE_GOLDEN=1 npm test -- unit` writes these files. */
const golden = join(root, 'test/help/golden');

const run = (program: string, ...args: string[]) =>
  execa('node', [`dist/${program}`, ...args], { cwd: root, reject: false, env: { COLUMNS: '100' } });
const help = (...args: string[]) => run('sandbox/cli/main.js', ...args);

for (const [name, program] of [
  ['sandbox', 'sandbox/cli/main.js'],
  ['prove', 'prove/main.js'],
] as const) {
  const { stdout } = await run(program, '--help');
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].flatMap(([, command]) => command ?? []);
  for (const command of ['', ...commands]) {
    test(`help of ${name} ${command}`, async () => {
      const printed = command ? (await run(program, command, '--help')).stdout : stdout;
      const file = join(golden, `${command || name}.txt`);
      if (process.env.UPDATE_GOLDEN) await writeFile(file, `${printed}\n`);
      assert.equal(`${printed}\n`, await readFile(file, 'utf8'));
    });
  }
}

test('a command loads no other command, and start loads no package that it does not need', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'loaded-'));
  t.after(() => rm(folder, { recursive: true }));
  const env = { NODE_V8_COVERAGE: folder };
  await execa('node', ['dist/sandbox/cli/main.js', 'start', '--help'], { cwd: root, env });
  const [file = ''] = await readdir(folder);
  const { result } = JSON.parse(await readFile(join(folder, file), 'utf8')) as { result: { url: string }[] };
  const loaded = result.map(({ url }) => url).join('\n');
  for (const own of ['start', 'bring-up']) assert.match(loaded, new RegExp(`/cli/${own}\\.js$`, 'm'));
  assert.doesNotMatch(loaded, /\/cli\/(trace|verify|headers|lab|doctor|load)\.js$|\/node_modules\/execa\//m);
});

const wrongUsages: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['nonsense'], /unknown command 'nonsense'/],
  [['trace', '--nonsense'], /unknown option '--nonsense'/],
  [['trace', 'no-path'], /'no-path' is not a path; give one like \/trace\/1/],
  [['trace', '--id', 'XYZ'], /hex digits/],
  [['trace', '--join', '1-2'], /<trace id>-<span id>/],
  [['trace', '-H', 'no colon'], /'Name: value'/],
  [['trace', '--zipkin', 'nowhere'], /must be a URL/],
  [['verify', '--count', '0'], /a whole number from 1 to 10000/],
  [['verify', '--id', 'a', '--recent', '9'], /cannot be used with/],
  [['verify', '--file', 'no-such-file'], /cannot be read .ENOENT.; name a JSON file/],
  [
    ['verify', '--expect', 'no-such-file.yaml', '--url', 'http://127.0.0.1:1', '--zipkin', 'http://127.0.0.1:1'],
    /no-such-file.yaml cannot be read \(ENOENT\)/,
  ],
  [['lab', 'nonsense'], /the lab has no case 'nonsense'/],
];

for (const [args, says] of wrongUsages) {
  test(`wrong usage: ${args.join(' ')}`, async () => {
    const { exitCode, stderr } = await help(...args);
    assert.equal(exitCode, 2);
    assert.match(stderr, says);
    assert.match(stderr.split('\n')[0] ?? '', /^sandbox: /);
  });
}

test('no sandbox runs: one line, exit code 3', async () => {
  const { exitCode, stderr } = await execa('node', ['dist/sandbox/cli/main.js', 'trace'], {
    cwd: root,
    reject: false,
    env: { FRONT_PORT: '1', COMPOSE_PROJECT_NAME: 'no-such-project' },
  });
  assert.equal(exitCode, 3);
  assert.match(
    stderr,
    /^sandbox: no sandbox runs on port 1; start one with 'npm start' or 'docker compose up --build -d', or set FRONT_PORT to the port of one that runs$/,
  );
});
