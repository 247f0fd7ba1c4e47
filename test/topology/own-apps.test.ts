import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../sandbox/cli/project.js';
import { appsOfYourOwn, buildApp, overridesOf } from '../../sandbox/topology/own-apps.js';
import { pathWith, pathWithout } from '../cli/tools.js';
import { ownModel } from './own-shape.js';

const own = (environment: Record<string, string>) => appsOfYourOwn(ownModel, { INIT_CWD: root, ...environment });

test('no app of the user’s own', async () => assert.deepEqual(await own({ SERVICE1_APP: '', ZIPKIN_APP: 'x' }), []));

test('each kind of file has its runtime; a program runs by itself, a folder by its script', async () => {
  const at = (file: string) => join(root, file);
  const python = 'docs/examples/by-hand/python_service.py';
  assert.deepEqual(overridesOf(await own({ SERVICE1_APP: python, SERVICE2_APP: at('services/http-probe') })), {
    service1: { APP_MAIN: at(python), APP_RUNTIME: 'python3' },
    service2: { APP_MAIN: at('services/http-probe'), APP_RUNTIME: 'env' },
  });
  const apps = await own({
    SERVICE1_APP: 'docs/examples/by-hand/fetch_service.mjs',
    SERVICE2_APP: 'docs/examples/opentelemetry-js',
  });
  assert.deepEqual(
    apps.map(({ runtime, file, build }) => [runtime, file, build]),
    [
      ['node', at('docs/examples/by-hand/fetch_service.mjs'), undefined],
      ['env', at('docs/examples/opentelemetry-js/start'), at('docs/examples/opentelemetry-js/build')],
    ],
  );
});

test('an app is watched if Node runs it: the sandbox’s own, or a .js or .mjs of the user', async () => {
  const watched = async (file: string) => {
    const byService = overridesOf(await own({ SERVICE1_APP: file }), ['service1', 'service2']);
    return ['service1', 'service2'].filter((name) => byService[name]?.APP_WATCH);
  };
  assert.deepEqual(await watched('docs/examples/by-hand/fetch_service.mjs'), ['service1', 'service2']);
  assert.deepEqual(await watched('docs/examples/by-hand/python_service.py'), ['service2']);
});

test('each build names the runtime that is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'own-app-'));
  const path = process.env.PATH;
  const none = await pathWithout(folder, 'npm', 'python3', 'mvn', 'java', 'go');
  const noPip = await pathWith(folder, { python3: 'echo "No module named ensurepip" >&2; exit 1' });
  try {
    for (const [example, made, missing, PATH] of [
      ['opentelemetry-js', 'node_modules', 'npm is not installed', none],
      ['opentelemetry-python', '.venv', 'python3 is not installed', none],
      ['opentelemetry-python', '.venv', 'python3 cannot make a virtual environment', noPip],
      ['spring-boot', 'target', 'mvn is not installed', none],
      ['brave', 'target', 'mvn is not installed', none],
      ['opentelemetry-go', 'bin', 'go is not installed', none],
      ['zipkin-go', 'bin', 'go is not installed', none],
    ] as const) {
      process.env.PATH = PATH;
      const copy = join(folder, example);
      const filter = (file: string) => !file.endsWith(`/${made}`);
      await cp(join(root, 'docs/examples', example), copy, { recursive: true, filter });
      const [app] = await own({ SERVICE1_APP: copy });
      assert.ok(app);
      await assert.rejects(buildApp(app), (error: Error) => {
        const says = new RegExp(`^SERVICE1_APP: .* ended with code 1: (?:[^;]+ \\| )?${missing}; install [^\\n]+$`);
        assert.match(error.message, says);
        return true;
      });
    }
  } finally {
    process.env.PATH = path;
    await rm(folder, { recursive: true });
  }
});

for (const [file, how] of [
  ['no-such.mjs', 'read (ENOENT)'],
  ['README.md', 'run (EACCES)'],
] as const) {
  test(`${file} cannot be ${how}`, () =>
    assert.rejects(own({ SERVICE1_APP: file }), {
      message: `SERVICE1_APP: ${join(root, file)} cannot be ${how}; set it to an app's file or unset it`,
    }));
}
