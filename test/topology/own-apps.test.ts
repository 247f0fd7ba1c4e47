import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../sandbox/cli/project.js';
import { readTopology } from '../../sandbox/topology/native-sandbox.js';
import { appsOfYourOwn } from '../../sandbox/topology/own-apps.js';

const services = await readTopology(root, {});
const own = (environment: Record<string, string>) => appsOfYourOwn(services, { INIT_CWD: root, ...environment });

test('no app of the user’s own', async () => assert.deepEqual(await own({ SERVICE1_APP: '', ZIPKIN_APP: 'x' }), {}));

test('each kind of file has its runtime; a program runs by itself', async () => {
  const at = (file: string) => join(root, file);
  assert.deepEqual(
    await own({ SERVICE1_APP: 'docs/examples/python_service.py', SERVICE2_APP: at('services/http-probe') }),
    {
      service1: { APP_MAIN: at('docs/examples/python_service.py'), APP_RUNTIME: 'python3' },
      service2: { APP_MAIN: at('services/http-probe'), APP_RUNTIME: 'env' },
    },
  );
  const { service2 } = await own({ SERVICE2_APP: 'docs/examples/fetch_service.mjs' });
  assert.equal(service2?.APP_RUNTIME, 'node');
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
